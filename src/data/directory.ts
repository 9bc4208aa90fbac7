import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { badFile } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { imagesOf, labelsOf } from '../formats/labelled.js';
import { platform } from '../platform/index.js';
import { arrayReader, findArrays, layouts, type ArraySet } from './array-set.js';
import { assembleDataset, romaji, type PartFiles } from './assemble.js';
import type { Dataset } from './dataset.js';
import { classNamesFile } from './file-names.js';
import { readManifest } from './kmnist-files.js';
import { list, type Listing } from './listing.js';

/**
 * Reads the data set in a directory, in any of the forms of docs/data.md. Image size and class count are what
 * the files state; the `notice` of the set says how numbers were understood that are no unsigned bytes.
 *
 * @param path the directory; one file, for an .npz that holds all; or a directory and the start of the names
 *   of the files in it. It is also the name of the data set.
 * @throws EngineError `no-data` when the directory or one of its files is missing, `bad-file` when one is not
 *   sound
 */
export async function readDirectory(path: string): Promise<Dataset> {
  const listing = await list(path);
  const set = await findArrays(listing);
  if (set === undefined)
    throw new EngineError('no-data', `--data ${path}: there is no data set in it`, {
      found: listing.names,
      expected: layouts,
      remedy: 'add the missing files, name another directory, or use --data synthetic, which needs no files',
    });
  return readArrays(listing, set);
}

async function readArrays(listing: Listing, set: ArraySet): Promise<Dataset> {
  const read = arrayReader(listing.directory);
  const official = officialFiles(set);
  const part = async ({ images, labels }: ArraySet['train']): Promise<PartFiles> => {
    const [i, l] = [await read(images), await read(labels)];
    official?.look(images.file, i.bytes);
    official?.look(labels.file, l.bytes);
    return {
      images: imagesOf(i.array, i.file),
      imagesFile: i.file,
      labels: labelsOf(l.array, l.file),
      labelsFile: l.file,
    };
  };
  const [train, test] = [await part(set.train), await part(set.test)];
  const names = official?.isKmnist() === true ? romaji : await readClassNames(listing);
  const dataset = assembleDataset(listing.named, train, test, names);
  if (!/emnist/i.test(set.train.images.file)) return dataset;
  const hint = 'EMNIST keeps its images transposed: "data import --transpose" turns them upright';
  return { ...dataset, notice: [dataset.notice, hint].filter((each) => each !== undefined).join('; ') };
}

/**
 * Whether files are KMNIST's own, by size and sha256. Names cannot tell: MNIST and Fashion-MNIST have the
 * same, and their classes must not be called `o`, `ki`, `su`.
 */
function officialFiles(
  set: ArraySet,
):
  { readonly look: (file: string, bytes: Uint8Array) => void; readonly isKmnist: () => boolean } | undefined {
  const sources = [set.train.images, set.train.labels, set.test.images, set.test.labels];
  if (!sources.every(({ file }) => /^(train|t10k)-(images|labels)-idx[13]-ubyte\.gz$/.test(file)))
    return undefined;
  const { files } = readManifest();
  let known = 0;
  return {
    look: (name, content) => {
      const file = files.find((each) => each.name === name);
      if (file?.bytes === content.length && file.sha256 === platform.sha256(content)) known++;
    },
    isKmnist: () => known === files.length,
  };
}

/** The names in `classes.txt`, one a line; undefined if there is no such file. */
async function readClassNames({ directory, files }: Listing): Promise<readonly string[] | undefined> {
  if (!files.includes(classNamesFile)) return undefined;
  const file = join(directory, classNamesFile);
  const names = (await readFile(file, 'utf8'))
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  const trimmed = names.map((name) => name.trim());
  const wrong = trimmed.findIndex((name, index) => !isClassName(name) || trimmed.indexOf(name) !== index);
  if (wrong >= 0 || trimmed.length > 256)
    throw badFile(file, 'it does not name classes', {
      found:
        wrong < 0
          ? `${trimmed.length} lines`
          : `line ${wrong + 1}: ${JSON.stringify(trimmed[wrong]!.slice(0, 80))}`,
      expected: 'at most 256 lines, a different name of 1 to 100 characters on each',
      remedy: 'correct or remove the file: without it, classes are called 0, 1, 2 and so on',
    });
  return trimmed;
}

/** Whether this can be a class's name: it is shown, and it becomes part of files. */
export function isClassName(name: string): boolean {
  return name.length > 0 && name.length <= 100 && !/\p{C}/u.test(name);
}

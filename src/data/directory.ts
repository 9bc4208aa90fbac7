import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError } from '../base/errors.js';
import { assembleDataset, type PartFiles } from './assemble.js';
import { badFile, byteCount, unreadable } from '../base/bad-file.js';
import type { Dataset } from './dataset.js';
import { maxArrayBytes, parseIdxImages, parseIdxLabels } from '../formats/idx.js';
import { parseNpzImages, parseNpzLabels } from '../formats/npz.js';

/** The four files of a data set: images and labels of the training and of the test part. */
interface FileNames {
  readonly train: { readonly images: string; readonly labels: string };
  readonly test: { readonly images: string; readonly labels: string };
}

/** The names of MNIST and its relatives; each file may also be packed, with `.gz` after its name. */
export const idxNames: FileNames = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
};

/** The names of KMNIST's numpy files. */
export const npzNames: FileNames = {
  train: { images: 'kmnist-train-imgs.npz', labels: 'kmnist-train-labels.npz' },
  test: { images: 'kmnist-test-imgs.npz', labels: 'kmnist-test-labels.npz' },
};

/**
 * The formats, in the order in which they are looked for: the ends that a name may have, and what reads a
 * file.
 */
const formats = [
  { names: idxNames, ends: ['', '.gz'], parseImages: parseIdxImages, parseLabels: parseIdxLabels },
  { names: npzNames, ends: [''], parseImages: parseNpzImages, parseLabels: parseNpzLabels },
] as const;

const layouts = `${allNames(idxNames).join(', ')} (each plain or .gz), or ${allNames(npzNames).join(', ')}`;

/**
 * Reads the data set in a directory: the four IDX files, plain or packed (the plain one is read where both
 * are there), or the four .npz files of KMNIST. Image size and class count are what the files state.
 *
 * @param directory its path; also the name of the data set
 * @throws EngineError `no-data` when the directory or one of its files is missing, `bad-file` when one is not
 *   sound
 */
export async function readDirectory(directory: string): Promise<Dataset> {
  const present = await listDirectory(directory);
  const found = formats.map((format) => {
    const fileOf = (name: string): string | undefined =>
      format.ends.map((end) => name + end).find((file) => present.has(file));
    return { ...format, fileOf, isThere: allNames(format.names).some((name) => fileOf(name) !== undefined) };
  });
  const { names, fileOf, parseImages, parseLabels } = found.find(({ isThere }) => isThere) ?? found[0]!;
  const missing = allNames(names).filter((name) => fileOf(name) === undefined);
  if (missing.length > 0) throw filesMissing(directory, missing, present);
  const part = async ({ images, labels }: FileNames['train']): Promise<PartFiles> => {
    const [imagesFile, labelsFile] = [join(directory, fileOf(images)!), join(directory, fileOf(labels)!)];
    return {
      images: await parseImages(await readBounded(imagesFile), imagesFile),
      imagesFile,
      labels: await parseLabels(await readBounded(labelsFile), labelsFile),
      labelsFile,
    };
  };
  const isKana = names === npzNames || isNamedKmnist(directory);
  return assembleDataset(directory, await part(names.train), await part(names.test), isKana);
}

/**
 * Whether a directory's name says that its classes are KMNIST's kana. The files cannot tell: MNIST and
 * Fashion-MNIST have the same file names, sizes and number of classes, and their digits must not be labelled
 * `o`, `ki`, `su`. torchvision keeps the files in `KMNIST/raw`, so that the name above `raw` counts too.
 */
function isNamedKmnist(directory: string): boolean {
  const path = resolve(directory);
  const name = basename(path).toLowerCase() === 'raw' ? basename(dirname(path)) : basename(path);
  return /kmnist|kuzushiji/i.test(name);
}

/** Reads a file that is not larger than the largest array with its header. */
async function readBounded(file: string): Promise<Uint8Array> {
  const bound = maxArrayBytes + 65_536;
  try {
    const { size } = await stat(file);
    if (size > bound)
      throw badFile(file, 'the file is larger than is read', {
        found: byteCount(size),
        expected: `at most ${byteCount(bound)}`,
        remedy: 'use a part of it',
      });
    return await readFile(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function listDirectory(directory: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(await readdir(directory));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    throw new EngineError('no-data', `--data ${directory}: this directory cannot be read`, {
      found:
        code === 'ENOENT'
          ? `nothing at ${resolve(directory)}`
          : code === 'ENOTDIR'
            ? 'a file, not a directory'
            : String(cause),
      expected:
        'auto, kmnist, synthetic[:TRAIN[/TEST]], or an existing directory with the files of a data set',
      remedy: 'check the path, or use --data synthetic, which needs no files',
      cause,
    });
  }
}

function filesMissing(
  directory: string,
  missing: readonly string[],
  present: ReadonlySet<string>,
): EngineError {
  const names = [...present].sort().slice(0, 12);
  const more = present.size > names.length ? `, ... (${present.size} entries)` : '';
  return new EngineError('no-data', `--data ${directory}: missing ${missing.join(', ')}`, {
    found: names.length === 0 ? 'an empty directory' : names.join(', ') + more,
    expected: layouts,
    remedy: 'add the missing files, name another directory, or use --data synthetic, which needs no files',
  });
}

function allNames(names: FileNames): readonly string[] {
  return [names.train.images, names.train.labels, names.test.images, names.test.labels];
}

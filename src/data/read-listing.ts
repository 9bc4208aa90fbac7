import { EngineError } from '../base/errors.js';
import { imagesOfParts, labelsOf, type ImageSource, type Labels } from '../formats/labelled.js';
import { commandLine } from '../platform/command-line.js';
import { platform } from '../platform/index.js';
import { arrayReader, findArrays, layouts, type ArraySet } from './array-set.js';
import { asideText, assembleDataset, dividePart, romaji, type PartFiles } from './assemble.js';
import type { Dataset } from './dataset.js';
import { readClassNames } from './class-names.js';
import { readManifest } from './kmnist-manifest.js';
import { withoutFiles, type Listing } from './listing.js';
import { findPictures } from './picture-files.js';
import { readPictureSet, type PictureOptions } from './picture-set.js';

/**
 * Reads a data set in any of the forms of docs/data.md. Image size and class count are what the files state;
 * the `notice` of the set says how numbers were understood that are no unsigned bytes.
 * @param options how pictures become images, if it holds pictures; and the seed that draws the test set
 * @throws EngineError `no-data` when files are missing, `bad-file` when one is not sound
 */
export async function readListing(listing: Listing, options: PictureOptions = {}): Promise<Dataset> {
  const set = await findArrays(listing);
  if (set !== undefined) return readArrays(listing, set, options);
  const pictures = await findPictures(listing);
  if (pictures === undefined)
    throw new EngineError('no-data', `${listing.title}: there is no data set in it`, {
      found: listing.names,
      expected: layouts,
      remedy: withoutFiles(listing),
    });
  return readPictureSet(listing, pictures, options);
}

async function readArrays(
  listing: Listing,
  set: ArraySet,
  { seed = 0, onDrawn }: PictureOptions,
): Promise<Dataset> {
  const read = arrayReader(listing);
  const official = officialFiles(set);
  const sources: { readonly images: ImageSource; readonly labels: Labels; readonly labelsFile: string }[] =
    [];
  for (const { images, labels } of set.test === undefined ? [set.train] : [set.train, set.test]) {
    const [i, l] = [await read(images), await read(labels)];
    official?.look(images.file, i.bytes);
    official?.look(labels.file, l.bytes);
    sources.push({ images: i, labels: labelsOf(l.array, l.file), labelsFile: l.file });
  }
  const parts = imagesOfParts(sources.map(({ images }) => images)).map((images, part): PartFiles => {
    const { labels, labelsFile, images: from } = sources[part]!;
    return { images, imagesFile: from.file, labels, labelsFile };
  });
  const [train, test] = parts.length === 1 ? dividePart(parts[0]!, seed) : [parts[0]!, parts[1]!];
  const names = official?.isKmnist() === true ? romaji : await readClassNames(listing);
  const dataset = assembleDataset(listing.named, train, test, names);
  if (parts.length === 1) onDrawn?.();
  const drawn = `there is one part of ${parts[0]!.images.count} images: ${asideText(seed)}`;
  const turn = commandLine('data import', `--transpose ${listing.named} TO`);
  const hint =
    'EMNIST keeps its images transposed' +
    (listing.directory === undefined ? '' : `: ${turn} turns them upright`);
  const notices = [
    ...(parts.length === 1 ? [drawn] : []),
    ...(dataset.notice === undefined ? [] : [dataset.notice]),
    ...(/emnist/i.test(set.train.images.file) ? [hint] : []),
  ];
  return notices.length === 0 ? dataset : { ...dataset, notice: notices.join('; ') };
}

/**
 * Whether files are KMNIST's own, by size and sha256. Names cannot tell: MNIST and Fashion-MNIST have the
 * same, and their classes must not be called `o`, `ki`, `su`.
 */
function officialFiles(
  set: ArraySet,
):
  { readonly look: (file: string, bytes: Uint8Array) => void; readonly isKmnist: () => boolean } | undefined {
  if (set.test === undefined) return undefined;
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

import { badFile, excerpt } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { levelsOf, type Grey } from '../pictures/plane.js';
import { decodePicture, pictureBound, readableKinds } from '../pictures/read.js';
import { resample } from '../pictures/resample.js';
import { platform } from '../platform/index.js';
import { asideText, assembleDataset, testShare, type PartFiles } from './assemble.js';
import { isClassName } from './class-names.js';
import { pickImages, putAside, type Dataset, type LabelledImages } from './dataset.js';
import type { Listing } from './listing.js';
import type { LabelledPicture, PictureFiles } from './picture-files.js';

/** How pictures become images of a data set. */
export interface PictureOptions {
  /** Rows and columns; those of the pictures if left out, where all have the same and at most 64. */
  readonly size?: readonly [rows: number, columns: number] | undefined;
  /** `keep` (default) takes levels as they are, `invert` turns them round, `dark` where the rim is light. */
  readonly polarity?: 'keep' | 'invert' | 'dark' | undefined;
  /** What becomes of colours: their brightness (default), or one of them. */
  readonly grey?: Grey | undefined;
  /** Draws the test set, a fifth, where there is none; 0 if left out. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called if the test set is drawn. */
  readonly onDrawn?: (() => void) | undefined;
  /** Called now and then with the number of pictures that were read. */
  readonly onPictures?: ((done: number, total: number) => void) | undefined;
}

/** The size of images where pictures do not agree on one. */
const standardSize = [28, 28] as const;
const largestSide = 64;
const atOnce = 8;
const mostShown = 3;
const maxClasses = 256;

/** A picture as an image: grey levels, 0 black. */
interface Image {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint8Array;
}

interface Read {
  readonly picture: LabelledPicture;
  readonly image: Image;
}

/**
 * Reads pictures as a data set. Those that cannot be read are left out; its `notice` says so, and how many
 * are there twice.
 * @throws EngineError `bad-file` if none can be read, or there are too many classes; `interrupted`
 */
export async function readPictureSet(
  listing: Listing,
  { pictures, hasTest, notices }: PictureFiles,
  options: PictureOptions = {},
): Promise<Dataset> {
  const { named } = listing;
  const { read, faults } = await readAll(listing, pictures, options);
  if (read.length === 0)
    throw badFile(named, 'none of its pictures can be read', {
      found: faults[0]?.message ?? 'no pictures',
      expected: readableKinds(),
      remedy: 'save the pictures as PNG',
    });
  const classNames = namesOf(named, read);
  const size = options.size ?? commonSize(read);
  const images = read.map(({ image }) => toSize(image, size, options.polarity ?? 'keep'));
  const all = {
    labels: Uint8Array.from(read, ({ picture }) => classNames.indexOf(picture.className)),
    parts: read.map(({ picture }) => picture.part),
  };
  if (!hasTest) options.onDrawn?.();
  const parts = divide(images, all, hasTest, options.seed ?? 0);
  const part = ({ count, pixels, labels }: LabelledImages): PartFiles => ({
    images: { count, rows: size[0], columns: size[1], pixels },
    imagesFile: named,
    labels: { labels },
    labelsFile: named,
  });
  const dataset = assembleDataset(named, part(parts[0]), part(parts[1]), classNames);
  const notice = [
    `${read.length} pictures of ${classNames.length} classes, read as ${size[0]} x ${size[1]}`,
    ...(hasTest ? [] : [asideText(options.seed ?? 0)]),
    ...notices,
    ...unreadableOnes(faults),
    ...duplicates(images, all),
    ...(dataset.notice === undefined ? [] : [dataset.notice]),
  ].join('; ');
  return { ...dataset, notice };
}

async function readAll(
  listing: Listing,
  pictures: readonly LabelledPicture[],
  { size, grey = 'brightness', signal, onPictures }: PictureOptions,
): Promise<{ readonly read: readonly Read[]; readonly faults: readonly EngineError[] }> {
  const read: Read[] = [];
  const faults: EngineError[] = [];
  for (let start = 0; start < pictures.length; start += atOnce) {
    if (signal?.aborted === true) throw new EngineError('interrupted', 'reading pictures was interrupted');
    const some = pictures.slice(start, start + atOnce);
    const results = await Promise.all(
      some.map(({ file }) =>
        readOne(listing, file, grey, size ?? standardSize).catch((error: unknown) => asFault(error)),
      ),
    );
    for (const [index, result] of results.entries())
      if (result instanceof EngineError) faults.push(result);
      else read.push({ picture: some[index]!, image: result });
    onPictures?.(Math.min(start + atOnce, pictures.length), pictures.length);
  }
  return { read, faults };
}

function asFault(error: unknown): EngineError {
  if (error instanceof EngineError && (error.kind === 'bad-file' || error.kind === 'no-data')) return error;
  throw error;
}

/** A picture in grey; a large one in the size that it will have, so that many fit into memory. */
async function readOne(
  listing: Listing,
  file: string,
  grey: Grey,
  size: readonly [number, number],
): Promise<Image> {
  const image = levelsOf(
    await decodePicture(await listing.read(file, pictureBound), listing.pathOf(file)),
    255,
    grey,
  );
  return image.width <= largestSide && image.height <= largestSide ? image : fit(image, size);
}

/** The size that all have; the standard one if there is none. */
function commonSize(read: readonly Read[]): readonly [rows: number, columns: number] {
  const { width, height } = read[0]!.image;
  const isCommon = read.every(({ image }) => image.width === width && image.height === height);
  return isCommon ? [height, width] : standardSize;
}

function toSize(
  image: Image,
  size: readonly [number, number],
  polarity: 'keep' | 'invert' | 'dark',
): Uint8Array {
  const { levels } = fit(image, size);
  const turns = polarity === 'invert' || (polarity === 'dark' && rimLevel(image) > 127);
  return turns ? levels.map((level) => 255 - level) : levels;
}

/** Scales an image into a frame, with its sides in proportion, centred on the level of its rim. */
function fit(image: Image, [rows, columns]: readonly [number, number]): Image {
  const { width, height, levels } = image;
  if (width === columns && height === rows) return image;
  const scale = Math.min(columns / width, rows / height);
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const box = { left: 0, top: 0, right: width, bottom: height };
  const { values } = resample({ width, height, values: Float32Array.from(levels) }, box, w, h);
  const frame = new Uint8Array(rows * columns).fill(rimLevel(image));
  const [left, top] = [Math.floor((columns - w) / 2), Math.floor((rows - h) / 2)];
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const level = Math.round(values[y * w + x]!);
      frame[(top + y) * columns + left + x] = Math.min(255, Math.max(0, level));
    }
  return { width: columns, height: rows, levels: frame };
}

/** The median of the pixels along the edge, which are ground in most pictures. */
function rimLevel({ width, height, levels }: Image): number {
  const rim = levels.filter((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  return rim.sort()[rim.length >> 1]!;
}

/** Names in the order of their labels: by number if all are numbers, otherwise as text. */
function namesOf(named: string, read: readonly Read[]): readonly string[] {
  const names = [...new Set(read.map(({ picture }) => picture.className))];
  const wrong = names.find((name) => !isClassName(name));
  if (names.length > maxClasses || wrong !== undefined)
    throw badFile(
      named,
      wrong === undefined ? 'there are too many classes' : 'a class cannot have this name',
      {
        found: wrong === undefined ? `${names.length} classes` : excerpt(wrong),
        expected: wrong === undefined ? `at most ${maxClasses}` : '1 to 100 characters that can be shown',
        remedy:
          wrong === undefined ? 'use fewer folders or labels' : 'rename the folder, or the label in the CSV',
      },
    );
  const areNumbers = names.every((name) => /^\d{1,9}$/.test(name));
  return names.sort((a, b) => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
}

function divide(
  images: readonly Uint8Array[],
  { labels, parts }: { readonly labels: Uint8Array; readonly parts: readonly ('train' | 'test')[] },
  hasTest: boolean,
  seed: number,
): readonly [LabelledImages, LabelledImages] {
  const size = images[0]!.length;
  const pixels = new Uint8Array(images.length * size);
  images.forEach((image, index) => {
    pixels.set(image, index * size);
  });
  const all = { count: images.length, pixels, labels };
  const of = (part: 'train' | 'test'): Uint32Array =>
    Uint32Array.from(parts.keys()).filter((index) => parts[index] === part);
  if (hasTest) return [pickImages(all, of('train')), pickImages(all, of('test'))];
  return putAside(all, testShare, seed);
}

function unreadableOnes(faults: readonly EngineError[]): string[] {
  if (faults.length === 0) return [];
  const some = faults.slice(0, mostShown).map(({ message, found }) => `${message} (${found ?? ''})`);
  const more = faults.length > mostShown ? ', ...' : '';
  return [`${faults.length} files could not be read and are left out: ${some.join(', ')}${more}`];
}

/** Images that are there more than once, which make a test set easier than it looks. */
function duplicates(
  images: readonly Uint8Array[],
  { labels, parts }: { readonly labels: Uint8Array; readonly parts: readonly string[] },
): string[] {
  const first = new Map<string, number>();
  let [again, inBoth, contradicting] = [0, 0, 0];
  for (const [index, image] of images.entries()) {
    const digest = platform.sha256(image);
    const earlier = first.get(digest);
    if (earlier === undefined) first.set(digest, index);
    else {
      again++;
      if (parts[earlier] !== parts[index]) inBoth++;
      if (labels[earlier] !== labels[index]) contradicting++;
    }
  }
  if (again === 0) return [];
  const where = inBoth === 0 ? '' : `, ${inBoth} of them in both parts`;
  return [
    `${again} images are there already${where}, ${contradicting} of them with another label; they are kept`,
  ];
}

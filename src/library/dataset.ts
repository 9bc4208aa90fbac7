/** Data sets out of arrays that a program already has. */
import { EngineError } from '../base/errors.js';
import { datasetSha256, putAside, type Dataset, type LabelledImages, type Pixels } from '../data/dataset.js';

/** Images with their labels. */
export interface ImageArrays {
  /**
   * [count, rows, columns], one image after the other. Bytes: the network sees pixel / 255, so 0 is 0 and 255
   * is 1. Float32Array: the network sees the numbers as they are; those of about -1 to 1 train best.
   */
  readonly images: Uint8Array | Uint8ClampedArray | Float32Array;
  /** [count], the class of each image: whole numbers counted from 0, or bigints, as int64 is read. */
  readonly labels: ArrayLike<number> | BigInt64Array | BigUint64Array;
}

/** Arrays, and what they mean. */
export interface DatasetOptions extends ImageArrays {
  /** Height and width of an image in pixels. What is no image is one row: `rows: 1`, a column per feature. */
  readonly rows: number;
  readonly columns: number;
  /** 2 to 256; the largest label plus one if left out. */
  readonly classes?: number;
  /** One name per class; `0`, `1`, ... if left out. */
  readonly classNames?: readonly string[];
  /** What the set is called in results; `arrays` if left out. */
  readonly name?: string;
  /**
   * The images that results are measured on, which no choice may depend on: arrays of their own, or the share
   * of `images` that is put aside, drawn by `seed`. A fifth, drawn with seed 0, if left out.
   */
  readonly test?: ImageArrays | { readonly share: number; readonly seed?: number };
}

/** The network's last layer has one output per class, and a label is a byte. */
const mostClasses = 256;

/**
 * Makes a data set of arrays. They are copied, and may change afterwards.
 * @throws EngineError `usage` naming the array and the first element that does not fit
 */
export function createDataset(options: DatasetOptions): Dataset {
  const { rows, columns, test = { share: 0.2 }, name = 'arrays' } = options;
  side('rows', rows);
  side('columns', columns);
  const given = part('', options, rows * columns);
  const [train, held] = 'images' in test ? [given, part('test.', test, rows * columns)] : divide(given, test);
  const largest = Math.max(...[train, held].map(({ labels }) => labels.reduce((a, b) => Math.max(a, b), 0)));
  const classes = options.classes ?? largest + 1;
  const classNames = options.classNames ?? Array.from({ length: classes }, (_, index) => String(index));
  const dataset = {
    name,
    rows,
    columns,
    classes,
    classNames,
    train,
    test: held,
    sha256: datasetSha256(train, held),
  };
  checkDataset(dataset);
  return dataset;
}

/** Checks that the parts of a data set fit together. @throws EngineError `usage` */
export function checkDataset({ rows, columns, classes, classNames, train, test }: Dataset): void {
  side('rows', rows);
  side('columns', columns);
  if (!Number.isInteger(classes) || classes < 2 || classes > mostClasses)
    throw refused('classes', String(classes), `a whole number from 2 to ${mostClasses}`);
  if (classNames.length !== classes)
    throw refused('classNames', `${classNames.length} names`, `${classes}, one per class`);
  if (train.pixels instanceof Float32Array !== test.pixels instanceof Float32Array)
    throw refused(
      'test images',
      kindOf(test.pixels),
      `a ${kindOf(train.pixels)}, as the training images are`,
    );
  for (const [name, { count, pixels, labels }] of Object.entries({ train, test })) {
    if (pixels.length !== count * rows * columns)
      throw refused(`${name}.pixels`, `${pixels.length} numbers`, `${count} x ${rows} x ${columns}`);
    requireFinite(`${name}.pixels`, pixels);
    if (labels.length !== count) throw refused(`${name}.labels`, `${labels.length} labels`, `${count}`);
    const wrong = labels.findIndex((label) => label >= classes);
    if (wrong >= 0)
      throw refused(
        `${name}.labels`,
        `label ${labels[wrong]!} at index ${wrong}`,
        `labels from 0 to ${classes - 1}`,
      );
  }
}

/**
 * Numbers as bytes: `low` becomes 0, `high` 255, and what lies between the nearest of the 254 steps between
 * them.
 * @throws EngineError `usage` for a number that is not finite or lies outside, or a range that is empty
 */
export function toBytes(
  values: ArrayLike<number>,
  range: { readonly low: number; readonly high: number },
): Uint8Array {
  const { low, high } = range;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw refused('range', `${low} to ${high}`, 'finite numbers, the lower one first');
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < bytes.length; i++) {
    const value = values[i]!;
    if (!(value >= low && value <= high))
      throw refused('values', `${value} at index ${i}`, `numbers from ${low} to ${high}`);
    bytes[i] = Math.round((255 * (value - low)) / (high - low));
  }
  return bytes;
}

/** Pixels as they are shown: features in shades from the lowest to the highest of all. */
export function shadesOf(pixels: Pixels): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels;
  const low = pixels.reduce((least, value) => Math.min(least, value), Infinity);
  const high = pixels.reduce((most, value) => Math.max(most, value), -Infinity);
  return high > low ? toBytes(pixels, { low, high }) : new Uint8Array(pixels.length);
}

function part(prefix: string, { images, labels }: ImageArrays, size: number): LabelledImages {
  const isFloat = images instanceof Float32Array;
  if (!(isFloat || images instanceof Uint8Array || images instanceof Uint8ClampedArray))
    throw refused(
      `${prefix}images`,
      Object.prototype.toString.call(images).slice(8, -1),
      'a Uint8Array, a byte per pixel, or a Float32Array',
      'convert other numbers with Float32Array.from(values)',
    );
  const count = images.length / size;
  if (!Number.isInteger(count) || count < 1)
    throw refused(
      `${prefix}images`,
      `${images.length} numbers`,
      `a multiple of ${size}, the pixels of an image`,
    );
  if (labels.length !== count)
    throw refused(`${prefix}labels`, `${labels.length} labels`, `${count}, one per image`);
  const bytes = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const given = labels[i]!;
    const label = typeof given === 'bigint' ? Number(given) : given;
    if (!Number.isInteger(label) || label < 0 || label >= mostClasses)
      throw refused(
        `${prefix}labels`,
        `${label} at index ${i}`,
        `whole numbers from 0 to ${mostClasses - 1} at most`,
      );
    bytes[i] = label;
  }
  if (!isFloat) return { count, pixels: Uint8Array.from(images), labels: bytes };
  requireFinite(`${prefix}images`, images);
  return { count, pixels: images.slice(), labels: bytes };
}

function divide(
  all: LabelledImages,
  { share, seed = 0 }: { readonly share: number; readonly seed?: number },
): [LabelledImages, LabelledImages] {
  if (!(share > 0 && share < 1)) throw refused('test.share', String(share), 'a number between 0 and 1');
  return putAside(all, share, seed);
}

function requireFinite(name: string, pixels: Pixels): void {
  const wrong = pixels instanceof Float32Array ? pixels.findIndex((value) => !Number.isFinite(value)) : -1;
  if (wrong >= 0) throw refused(name, `${pixels[wrong]!} at index ${wrong}`, 'finite numbers');
}

function kindOf(pixels: Pixels): string {
  return pixels instanceof Float32Array ? 'Float32Array' : 'Uint8Array';
}

function side(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw refused(name, String(value), 'a whole number from 1');
}

function refused(name: string, found: string, expected: string, remedy?: string): EngineError {
  return new EngineError('usage', `the data set's ${name} cannot be used`, {
    found,
    expected,
    ...(remedy !== undefined && { remedy }),
  });
}

import { badFile } from '../base/bad-file.js';
import type { EngineError } from '../base/errors.js';
import { elementReader, inRowMajorOrder, type StoredArray } from './array.js';

/**
 * What arrays of a data set mean. They are read where their numbers leave no doubt, and what was understood
 * is put in words; where there is a doubt, the error says how to convert them.
 */

/** Images as bytes, 0 to 255. */
export interface ImageArray {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** `count * rows * columns` bytes. */
  readonly pixels: Uint8Array;
}

/** What was read, and how it was understood; undefined where the file holds just that, as bytes. */
export interface Images extends Omit<ImageArray, 'pixels'> {
  /** `count * rows * columns` bytes of grey levels, or f32 features, as they are. */
  readonly pixels: Uint8Array | Float32Array;
  readonly understood?: string;
}

/** An array of images, and the name of its file for messages. */
export interface ImageSource {
  readonly array: StoredArray;
  readonly file: string;
}

/** Class numbers, and the type that they had; undefined for unsigned bytes. */
export interface Labels {
  readonly labels: Uint8Array;
  readonly type?: string;
}

/**
 * Reads images: N x rows x columns, N x 1 x rows x columns, N x rows x columns x 1, or N x pixels. Whole
 * numbers in 0..255, and fractions in 0..1 or 0..255, become bytes; other fractions, and whole numbers of
 * which some are negative, become f32 features.
 * @param file the name for messages
 * @throws EngineError `bad-file`
 */
export function imagesOf(array: StoredArray, file: string): Images {
  return imagesOfParts([{ array, file }])[0]!;
}

/**
 * As `imagesOf`, for the parts of one data set: if one of them is of features, all are.
 * @throws EngineError `bad-file`
 */
export function imagesOfParts(sources: readonly ImageSource[]): Images[] {
  const parts = sources.map(({ array, file }) => measured(inRowMajorOrder(array), file));
  const areFeatures = parts.some(({ meaning }) => meaning === 'features');
  if (!areFeatures) {
    for (const part of parts) if (part.meaning === 'unclear') throw unclear(part);
    return parts.map(asBytes);
  }
  const [first] = parts;
  const other = parts.find((part) => !areAlike(part, first!));
  if (other !== undefined)
    throw badFile(other.file, 'test images have another scale than training images', {
      found: rangeText(other),
      expected: `${rangeText(first!)}, as in ${first!.file}`,
      remedy: 'convert both parts in the same way, and save both as numpy.float32',
    });
  const low = Math.min(...parts.map((part) => part.low));
  const high = Math.max(...parts.map((part) => part.high));
  return parts.map((part) => asFeatures(part, low, high));
}

/** Numbers and the range that they lie in. */
interface Measured extends ImageSource {
  readonly low: number;
  readonly high: number;
  /** What they are by themselves: shares of white (0..1), grey levels (0..255), or features. */
  readonly meaning: 'share' | 'level' | 'features' | 'unclear';
}

/** Fractions of grey levels below this would be left with too few steps: they are features. */
const fewLevels = 16;

const largestF32 = 2 ** 128 - 2 ** 104;

function measured(array: StoredArray, file: string): Measured {
  const { type, shape } = array;
  imageShape(shape, file);
  if (type === 'uint8') return { array, file, low: 0, high: 255, meaning: 'level' };
  const at = elementReader(array);
  const count = shape.reduce((product, side) => product * side, 1);
  const isFloat = type.startsWith('float');
  let [low, high, areWhole] = [Infinity, -Infinity, true];
  for (let i = 0; i < count; i++) {
    const value = Math.fround(at(i));
    if (!(Math.abs(value) <= largestF32)) throw notFinite(at(i), i, file);
    if (value < low) low = value;
    if (value > high) high = value;
    areWhole &&= Number.isInteger(value);
  }
  const isLevel = low >= 0 && high <= 255 && (areWhole || high >= fewLevels);
  if ((isFloat || type === 'bool') && low >= 0 && high <= 1)
    return { array, file, low, high, meaning: 'share' };
  const meaning = isLevel ? 'level' : isFloat || low < 0 ? 'features' : 'unclear';
  return { array, file, low, high, meaning };
}

function notFinite(value: number, index: number, file: string): EngineError {
  return badFile(file, Number.isFinite(value) ? 'a number is too large for f32' : 'a number is not finite', {
    found: `${value} at index ${index}`,
    expected: `numbers from -3.4e38 to 3.4e38`,
    remedy: 'leave out its image, or save numpy.nan_to_num(array, posinf=0, neginf=0)',
  });
}

function unclear({ array: { type }, file, low, high }: Measured): EngineError {
  return badFile(file, 'it is not clear which of its numbers are black and white', {
    found: `${type} from ${low} to ${high}`,
    expected: 'whole numbers in 0..255',
    remedy:
      'scale it: with low, high = float(array.min()), float(array.max()), ' +
      'save ((array - low) * 255 / (high - low)).astype(numpy.uint8); ' +
      'if these are features and no images, save array.astype(numpy.float32)',
  });
}

/** Whether numbers of both can be features of the same scale. */
function areAlike({ array: { type: a } }: Measured, { array: { type: b } }: Measured): boolean {
  const isFraction = (type: string): boolean => type.startsWith('float') || type === 'bool';
  return a === b || (isFraction(a) && isFraction(b));
}

function rangeText({ array: { type }, low, high }: Measured): string {
  return `${type} in ${short(low)}..${short(high)}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function asBytes({ array, file, meaning }: Measured): Images {
  const { shape, type, bytes } = array;
  const [count, rows, columns] = imageShape(shape, file);
  const isFlat = shape.length === 2;
  if (type === 'uint8') {
    const images = { count, rows, columns, pixels: bytes };
    return isFlat ? { ...images, understood: `${shape[1]!} pixels, read as ${rows} x ${columns}` } : images;
  }
  const at = elementReader(array);
  const scale = meaning === 'share' ? 255 : 1;
  const pixels = new Uint8Array(count * rows * columns);
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round(at(i) * scale);
  const shapes = isFlat ? ` of ${shape[1]!} pixels` : '';
  const range = meaning === 'share' ? '0..1' : '0..255';
  const read = isFlat ? `${rows} x ${columns} in 0..255` : '0..255';
  return { count, rows, columns, pixels, understood: `${type}${shapes} in ${range}, read as ${read}` };
}

/** @param low of all parts @param high of all parts */
function asFeatures({ array, file }: Measured, low: number, high: number): Images {
  const { shape, type } = array;
  const [count, rows, columns] = imageShape(shape, file);
  const at = elementReader(array);
  const pixels = new Float32Array(count * rows * columns);
  let isRounded = false;
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = at(i);
    isRounded ||= pixels[i] !== at(i);
  }
  const isFlat = shape.length === 2;
  const shapes = isFlat ? ` of ${shape[1]!} numbers` : '';
  const read = isFlat ? `${rows} x ${columns} f32 features` : 'f32 features';
  const rounded = isRounded ? ', rounded to f32' : '';
  const understood = `${type}${shapes} in ${short(low)}..${short(high)}, read as ${read}${rounded}`;
  return { count, rows, columns, pixels, understood };
}

function imageShape(shape: readonly number[], file: string): readonly [number, number, number] {
  const [count = 0, ...sides] = shape;
  if (shape.length >= 2 && shape.length <= 4 && !shape.includes(0)) {
    const [first = 0, second = 0, third = 0] = sides;
    if (sides.length === 1) {
      const side = Math.round(Math.sqrt(first));
      return side * side === first ? [count, side, side] : [count, 1, first];
    }
    if (sides.length === 2) return [count, first, second];
    if (first === 1) return [count, second, third];
    if (third === 1) return [count, first, second];
    if (first === 3 || third === 3 || first === 4 || third === 4)
      throw badFile(file, 'these are images in colour', {
        found: `dimensions ${shape.join(' x ')}`,
        expected: 'images in grey: (images, rows, columns)',
        remedy: `save array.mean(axis=${third <= 4 ? 3 : 1})`,
      });
  }
  const isEmpty = shape.includes(0);
  throw badFile(file, isEmpty ? 'there are no images in it' : 'this array is not one of images', {
    found: shape.length === 0 ? 'a single number' : `dimensions ${shape.slice(0, 8).join(' x ')}`,
    expected: '(images, rows, columns), (images, pixels), or these with one channel; each at least 1',
    remedy: isEmpty
      ? 'use a data set with at least one image in each part'
      : 'save images as numpy.uint8 of the shape (images, rows, columns)',
  });
}

/**
 * Reads labels: a whole number from 0 to 255 for each image, of any type.
 * @param file the name for messages
 * @throws EngineError `bad-file`
 */
export function labelsOf(array: StoredArray, file: string): Labels {
  const { shape, type } = array;
  const count = shape.reduce((product, side) => product * side, 1);
  if (count === 0 || shape.filter((side) => side !== 1).length > 1 || shape.length > 4 || shape.length === 0)
    throw badFile(file, count === 0 ? 'there are no labels in it' : 'this array is not one of labels', {
      found: shape.length === 0 ? 'a single number' : `dimensions ${shape.slice(0, 8).join(' x ')}`,
      expected: 'one dimension: a class number per image',
      remedy:
        shape.length === 2 && count > 0
          ? 'if it has a column per class, save numpy.argmax(array, axis=1)'
          : 'save the class numbers as numpy.uint8 of the shape (images,)',
    });
  if (type === 'uint8') return { labels: array.bytes };
  const at = elementReader(array);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const label = at(i);
    if (!(Number.isInteger(label) && label >= 0 && label <= 255))
      throw badFile(file, 'a label is no class number', {
        found: `${label} at index ${i}`,
        expected: 'whole numbers from 0 to 255',
        remedy: 'number the classes from 0: save numpy.unique(labels, return_inverse=True)[1]',
      });
    labels[i] = label;
  }
  return { labels, type };
}

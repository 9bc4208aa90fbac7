import { badFile } from '../base/bad-file.js';
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
export interface Images extends ImageArray {
  readonly understood?: string;
}

/** Class numbers, and the type that they had; undefined for unsigned bytes. */
export interface Labels {
  readonly labels: Uint8Array;
  readonly type?: string;
}

/**
 * Reads images: N x rows x columns, N x 1 x rows x columns, N x rows x columns x 1, or N x pixels, of whole
 * numbers in 0..255, or of fractions in 0..1 or 0..255.
 * @param file the name for messages
 * @throws EngineError `bad-file`
 */
export function imagesOf(array: StoredArray, file: string): Images {
  const { shape, type } = array;
  const [count, rows, columns] = imageShape(shape, file);
  const ordered = inRowMajorOrder(array);
  const isFlat = shape.length === 2;
  if (type === 'uint8') {
    const images = { count, rows, columns, pixels: ordered.bytes };
    return isFlat ? { ...images, understood: `${shape[1]!} pixels, read as ${rows} x ${columns}` } : images;
  }
  const { pixels, range } = toPixels(ordered, file);
  const shapes = isFlat ? ` of ${shape[1]!} pixels` : '';
  const read = isFlat ? `${rows} x ${columns} in 0..255` : '0..255';
  return { count, rows, columns, pixels, understood: `${type}${shapes} in ${range}, read as ${read}` };
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
        remedy: `save array.mean(axis=${third <= 4 ? 3 : 1}).astype(numpy.uint8)`,
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

/** The numbers as bytes, and the range that they lie in: `0..1` or `0..255`. */
function toPixels(array: StoredArray, file: string): { pixels: Uint8Array; range: string } {
  const at = elementReader(array);
  const pixels = new Uint8Array(array.shape.reduce((product, side) => product * side, 1));
  const isFloat = array.type.startsWith('float');
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < pixels.length; i++) {
    const value = at(i);
    // NaN is in no order: it is refused below, whatever comes after it.
    if (Number.isNaN(value)) [low, high] = [NaN, NaN];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const isShare = (isFloat || array.type === 'bool') && low >= 0 && high <= 1;
  // A little above 1 is a share that was resampled, and not a grey level.
  const isLevel = low >= 0 && high <= 255 && !(isFloat && high > 1 && high < 2);
  if (!isShare && !isLevel)
    throw badFile(file, 'it is not clear which of its numbers are black and white', {
      found: `${array.type} from ${low} to ${high}`,
      expected: isFloat ? 'numbers in 0..1 or in 0..255' : 'whole numbers in 0..255',
      remedy:
        'scale it: with low, high = float(array.min()), float(array.max()), ' +
        'save ((array - low) * 255 / (high - low)).astype(numpy.uint8)',
    });
  const scale = isShare ? 255 : 1;
  for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round(at(i) * scale);
  return { pixels, range: isShare ? '0..1' : '0..255' };
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

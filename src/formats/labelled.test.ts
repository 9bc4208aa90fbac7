import { describe, expect, test } from 'vitest';
import { elementBytes, type ElementType, type StoredArray } from './array.js';
import { imagesOf, imagesOfParts } from './labelled.js';
import { engineError } from './testing/bytes.js';

/** An array as numpy writes it: little-endian, in C order. */
function stored(type: ElementType, shape: readonly number[], values: readonly number[]): StoredArray {
  const size = elementBytes[type];
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (type === 'float32') view.setFloat32(i * size, value, true);
    else if (type === 'float64') view.setFloat64(i * size, value, true);
    else if (size === 1) view.setUint8(i, value);
    else if (size === 2) view.setInt16(i * size, value, true);
    else view.setInt32(i * size, value, true);
  });
  return { shape, type, littleEndian: true, fortran: false, bytes };
}

const four = (type: ElementType, ...values: readonly number[]): StoredArray =>
  stored(type, [2, 1, 2], values);
const source = (array: StoredArray, file = 'x') => ({ array, file });

describe('what the numbers of images are read as', () => {
  test.each<readonly [string, ElementType, readonly number[], readonly number[], string]>([
    ['shares of white', 'float32', [0, 0.5, 1, 0.25], [0, 128, 255, 64], 'float32 in 0..1, read as 0..255'],
    ['grey levels', 'float64', [0, 99.5, 255, 1], [0, 100, 255, 1], 'float64 in 0..255, read as 0..255'],
    ['few whole levels', 'float32', [0, 16, 3, 4], [0, 16, 3, 4], 'float32 in 0..255, read as 0..255'],
    [
      'negative',
      'float32',
      [-1.25, 3.5, 0, 1],
      [-1.25, 3.5, 0, 1],
      'float32 in -1.25..3.5, read as f32 features',
    ],
    ['above 255', 'float32', [0, 300, 1, 2], [0, 300, 1, 2], 'float32 in 0..300, read as f32 features'],
    ['above 1', 'float32', [0, 1.5, 1, 0.5], [0, 1.5, 1, 0.5], 'float32 in 0..1.5, read as f32 features'],
    [
      'float64',
      'float64',
      [-1, 2, 0, 0.1],
      [-1, 2, 0, Math.fround(0.1)],
      'float64 in -1..2, read as f32 features, rounded to f32',
    ],
    ['int16', 'int16', [-300, 5, 0, 1], [-300, 5, 0, 1], 'int16 in -300..5, read as f32 features'],
    [
      'int32 beyond 2^24',
      'int32',
      [-1, 2 ** 24 + 1, 0, 1],
      [-1, 2 ** 24, 0, 1],
      'int32 in -1..16780000, read as f32 features, rounded to f32',
    ],
  ])('%s', (_name, type, values, read, understood) => {
    const images = imagesOf(four(type, ...values), 'x');
    expect(Array.from(images.pixels)).toEqual(read);
    expect(images.understood).toBe(understood);
    expect(images.pixels).toBeInstanceOf(understood.includes('features') ? Float32Array : Uint8Array);
  });

  test('rows of features', () => {
    const { rows, columns, understood } = imagesOf(stored('float32', [2, 3], [-1, 0, 1, 2, 3, 4]), 'x');
    expect([rows, columns]).toEqual([1, 3]);
    expect(understood).toBe('float32 of 3 numbers in -1..4, read as 1 x 3 f32 features');
  });

  test('both parts together, whichever of them tells', () => {
    const [features, shares] = [four('float32', -2, 0.5, 1, 3), four('float64', 0, 0.5, 1, 1)];
    for (const parts of [
      [features, shares],
      [shares, features],
    ]) {
      const read = imagesOfParts(parts.map((array) => source(array)));
      for (const { pixels, understood } of read) {
        expect(pixels).toBeInstanceOf(Float32Array);
        expect(understood).toContain('in -2..3, read as f32 features');
      }
    }
    const counts = [four('int16', -5, 0, 1, 2), four('int16', 0, 700, 1, 2)];
    const read = imagesOfParts(counts.map((array) => source(array)));
    expect(read.map(({ pixels }) => Array.from(pixels))).toEqual([
      [-5, 0, 1, 2],
      [0, 700, 1, 2],
    ]);
  });

  test('parts of different scales are refused', async () => {
    const parts = [
      source(four('float32', -2, 0, 1, 3), 'train'),
      source(four('uint8', 0, 9, 200, 3), 'test'),
    ];
    await engineError(() => imagesOfParts(parts), 'bad-file', 'test: test images have another scale');
  });

  test.each<readonly [string, ElementType, readonly number[], string, string]>([
    ['NaN among features', 'float32', [-1, NaN, 0, 1], 'not finite', 'NaN at index 1'],
    ['an infinity among shares', 'float64', [0, 0.5, 1, -Infinity], 'not finite', '-Infinity at index 3'],
    ['what f32 does not have', 'float64', [-1, 0, 1e300, 1], 'too large for f32', '1e+300 at index 2'],
    [
      'twelve bits',
      'int16',
      [0, 4095, 1, 2],
      'which of its numbers are black and white',
      'int16 from 0 to 4095',
    ],
  ])('%s is refused', async (_name, type, values, what, found) => {
    const error = await engineError(() => imagesOf(four(type, ...values), 'x'), 'bad-file', what);
    expect(error.found).toContain(found);
  });
});

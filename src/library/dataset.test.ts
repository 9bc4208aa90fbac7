import { describe, expect, it } from 'vitest';
import { checkDataset, createDataset, EngineError, toBytes, type DatasetOptions } from '../index.js';

/** Ten images of 2x3 pixels, image i filled with i. */
const images = Uint8Array.from({ length: 60 }, (_, byte) => Math.floor(byte / 6));
const labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0];
const options: DatasetOptions = { images, labels, rows: 2, columns: 3 };

describe('createDataset', () => {
  it('puts a fifth aside, with its labels, in the order given', () => {
    const { train, test, classes, classNames, name } = createDataset(options);
    expect({ classes, classNames, name }).toEqual({
      classes: 3,
      classNames: ['0', '1', '2'],
      name: 'arrays',
    });
    expect([train.count, test.count]).toEqual([8, 2]);
    const shown = [train, test].map(({ pixels, labels: own, count }) =>
      Array.from({ length: count }, (_, image) => {
        const part = new Set(pixels.subarray(6 * image, 6 * image + 6));
        expect(part.size).toBe(1);
        const [given] = part;
        expect(own[image]).toBe(labels[given!]);
        return given!;
      }),
    );
    for (const part of shown) expect(part).toEqual(part.toSorted((a, b) => a - b));
    expect(shown.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('draws the test images by the seed', () => {
    const drawn = (seed: number): string => createDataset({ ...options, test: { share: 0.4, seed } }).sha256;
    expect(drawn(1)).toBe(drawn(1));
    expect(new Set([0, 1, 2, 3].map(drawn)).size).toBeGreaterThan(1);
  });

  it('takes labels of 64 bits', () => {
    for (const wide of [BigInt64Array.from(labels, BigInt), BigUint64Array.from(labels, BigInt)])
      expect(createDataset({ ...options, labels: wide }).sha256).toBe(createDataset(options).sha256);
    const negative = BigInt64Array.from(labels, (label) => BigInt(label) - 1n);
    expect(() => createDataset({ ...options, labels: negative })).toThrow(
      expect.objectContaining({ found: '-1 at index 0' }),
    );
  });

  it('takes a test set of its own, and counts its classes', () => {
    const test = { images: new Uint8ClampedArray(12).fill(7), labels: Int32Array.of(0, 3) };
    const dataset = createDataset({ ...options, test });
    expect([dataset.train.count, dataset.test.count, dataset.classes]).toEqual([10, 2, 4]);
    expect([...dataset.test.labels]).toEqual([0, 3]);
  });

  it('leaves f32 features as they are', () => {
    const features = Float32Array.from(images, (value) => (value - 3) / 7);
    const { train, test } = createDataset({
      ...options,
      images: features,
      test: { images: features, labels },
    });
    expect([train.pixels, test.pixels]).toEqual([features, features]);
    const divided = createDataset({ ...options, images: features });
    expect(divided.train.pixels).toBeInstanceOf(Float32Array);
    expect(divided.sha256).not.toBe(createDataset(options).sha256);
  });

  it('copies the arrays', () => {
    const own = images.slice();
    const dataset = createDataset({ ...options, images: own, test: { images: own, labels } });
    own.fill(255);
    expect(dataset.train.pixels).toEqual(images);
    expect(dataset.test.pixels).toEqual(images);
  });

  it.each<[string, Partial<Record<keyof DatasetOptions, unknown>>, RegExp]>([
    ['doubles', { images: new Float64Array(60) }, /images.*\n.*Float64Array\n.*Uint8Array.*\n.*Float32Array/],
    [
      'a feature that is no number',
      { images: new Float32Array(60).fill(NaN, 7) },
      /images.*\n.*NaN at index 7/,
    ],
    [
      'features beside bytes',
      { test: { images: new Float32Array(6), labels: [0] } },
      /test images.*\n.*Float32/,
    ],
    ['a pixel too few', { images: images.subarray(1) }, /images.*\n.*59 numbers\n.*a multiple of 6/],
    ['no images', { images: new Uint8Array(0), labels: [] }, /images.*\n.*0 numbers/],
    ['a label too few', { labels: labels.slice(1) }, /labels.*\n.*9 labels\n.*10, one per image/],
    ['half a label', { labels: labels.with(4, 0.5) }, /labels.*\n.*0.5 at index 4/],
    ['a label below 0', { labels: labels.with(3, -1) }, /labels.*\n.*-1 at index 3/],
    ['a label too large', { classes: 2, test: { images, labels } }, /train.labels.*\n.*label 2 at index 2/],
    ['one class', { labels: labels.map(() => 0) }, /classes.*\n.*1\n.*from 2 to 256/],
    ['too many classes', { classes: 257 }, /classes.*\n.*257/],
    ['a name too few', { classNames: ['a', 'b'] }, /classNames.*\n.*2 names\n.*3, one per class/],
    ['no rows', { rows: 0 }, /rows.*\n.*0\n/],
    ['half a column', { columns: 1.5 }, /columns.*\n.*1.5\n/],
    ['a share of 1', { test: { share: 1 } }, /test.share.*\n.*1\n/],
    ['a share of nothing', { test: { share: 0.01 } }, /10 training images are too few/],
    ['test images of another size', { test: { images: new Uint8Array(7), labels: [0] } }, /test.images/],
  ])('refuses %s', (_, change, message) => {
    const error = thrownBy(() => createDataset({ ...options, ...change } as DatasetOptions));
    expect(error.kind).toBe('usage');
    expect(error.describe()).toMatch(message);
  });
});

it('checkDataset finds what a hand-made data set has wrong', () => {
  const dataset = createDataset(options);
  checkDataset(dataset);
  const wrong = { ...dataset, test: { ...dataset.test, count: 3 } };
  expect(
    thrownBy(() => {
      checkDataset(wrong);
    }).describe(),
  ).toMatch(/test.pixels.*\n.*12 numbers/);
});

describe('toBytes', () => {
  it('rounds to the nearest of 256 steps', () => {
    const bytes = toBytes([-1, -0.999, 0, 0.004, 1], { low: -1, high: 1 });
    expect([...bytes]).toEqual([0, 0, 128, 128, 255]);
    expect([...toBytes(Float64Array.of(0, 1 / 255, 0.5, 1), { low: 0, high: 1 })]).toEqual([0, 1, 128, 255]);
  });
  it.each([
    [[0, 1.1], 0, 1, /1.1 at index 1/],
    [[Number.NaN], 0, 1, /NaN at index 0/],
    [[0], 1, 1, /1 to 1/],
    [[0], 0, Infinity, /0 to Infinity/],
  ])('refuses %j in %d to %d', (values, low, high, message) => {
    expect(thrownBy(() => toBytes(values, { low, high })).describe()).toMatch(message);
  });
});

function thrownBy(body: () => unknown): EngineError {
  try {
    body();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

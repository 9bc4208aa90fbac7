import { describe, expect, test } from 'vitest';
import { shuffled, splitIndices } from './split.js';
import { engineError } from '../formats/testing/bytes.js';

const sorted = (...parts: readonly Uint32Array[]): number[] =>
  parts.flatMap((part) => Array.from(part)).sort((a, b) => a - b);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('splitIndices', () => {
  test.each([
    [60_000, 0.2, 12_000],
    [8000, 0.2, 1600],
    [10, 0.25, 3],
    [2, 0.5, 1],
    [7, 0, 0],
  ])('%d images at %d hold out %d, each image in one part', (count, share, held) => {
    const { train, validation } = splitIndices(count, share, 3);
    expect([train.length, validation.length]).toEqual([count - held, held]);
    expect(sorted(train, validation)).toEqual(upTo(count));
  });

  test('the seed decides, all 53 bits of it', () => {
    const split = (seed: number): string => splitIndices(1000, 0.2, seed).validation.join();
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map(split)).size).toBe(seeds.length);
    expect(split(5)).toBe(split(5));
  });

  test('the split of a seed does not change between versions and machines', () => {
    expect(Array.from(splitIndices(12, 0.25, 0).validation)).toEqual([9, 7, 10]);
    expect(Array.from(shuffled(Uint32Array.of(5, 6, 7, 8, 9), 0, 1))).toEqual([5, 9, 6, 7, 8]);
  });

  test('validation images are spread over the whole set', () => {
    const { validation } = splitIndices(60_000, 0.2, 0);
    const tenths = new Uint32Array(10);
    for (const index of validation) tenths[Math.floor(index / 6000)]!++;
    // 1,200 expected in each tenth, hypergeometric standard deviation 29: six of them.
    for (const count of tenths) expect(Math.abs(count - 1200)).toBeLessThan(6 * 29);
  });

  test.each([
    [0, 0.2],
    [1.5, 0.2],
    [NaN, 0.2],
    [10, 1],
    [10, -0.1],
    [10, NaN],
    [2, 0.2],
    [1, 0.5],
    [3, 0.99],
  ])('%d images at %d are refused', async (count, share) => {
    const error = await engineError(() => splitIndices(count, share, 0), 'usage', '');
    expect(error.found).toBeTruthy();
  });
});

describe('shuffled', () => {
  const indices = Uint32Array.from(upTo(500), (index) => index * 3);

  test('is another order of the same indices for every epoch and seed, and leaves its input alone', () => {
    const before = indices.slice();
    const orders = [1, 2, 3].flatMap((epoch) => [0, 1].map((seed) => shuffled(indices, seed, epoch)));
    expect(indices).toEqual(before);
    for (const order of orders) expect(sorted(order)).toEqual(sorted(indices));
    expect(new Set(orders.map((order) => order.join())).size).toBe(orders.length);
    expect(shuffled(indices, 1, 2)).toEqual(shuffled(indices, 1, 2));
  });

  test('every image comes first equally often', () => {
    const four = Uint32Array.of(0, 1, 2, 3);
    const firsts = new Uint32Array(4);
    for (let epoch = 1; epoch <= 4000; epoch++) firsts[shuffled(four, 0, epoch)[0]!]!++;
    // 1,000 expected, binomial standard deviation 27.4: six of them.
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(6 * 27.4);
  });
});

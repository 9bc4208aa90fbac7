/** What is chosen from measurements, with measurements made up. */
import { describe, expect, it } from 'vitest';
import { parseTuning, tuningText, type ProductVariant } from '../../kernels/index.js';
import { quartilesOf } from './spread.js';
import { entriesOf, stepUs, verdictOf } from './tune-verdict.js';
import { productTimes } from './testing/invented-tuning.js';

const rounds = (...us: number[]): number[] => us;
const choice = (times: Partial<Record<ProductVariant, readonly number[]>>): ProductVariant =>
  verdictOf(productTimes(times)).choice;

describe('the choice', () => {
  const rule = rounds(100, 101, 102, 100, 99, 100, 100);

  it.each<[what: string, other: number[], chosen: ProductVariant]>([
    ['twice as fast', rounds(50, 51, 50, 49, 50, 50, 50), 'register'],
    ['twice as slow', rounds(200, 201, 200, 199, 200, 200, 200), 'subgroup8'],
    ['the same', [...rule], 'subgroup8'],
    ['steadily faster, but not worth it', rule.map((us) => us / 1.04), 'subgroup8'],
    ['steadily faster, and just worth it', rule.map((us) => us / 1.06), 'register'],
    ['faster by less than the spread', rounds(70, 90, 110, 75, 105, 85, 95), 'subgroup8'],
    ['faster but for one outlier', rounds(50, 51, 5000, 49, 50, 50, 50), 'register'],
    ['slower but for one outlier', rounds(150, 151, 0.1, 149, 150, 150, 150), 'subgroup8'],
  ])('%s', (_, other, chosen) => {
    expect(choice({ subgroup8: rule, register: other })).toBe(chosen);
  });

  it('is not misled by a machine that slows down: rounds are compared with themselves', () => {
    const drift = [1, 1.5, 2, 2.5, 3, 3.5, 4];
    const subgroup8 = drift.map((share) => 100 * share);
    expect(choice({ subgroup8, register: subgroup8.map((us) => us / 1.2) })).toBe('register');
    expect(choice({ subgroup8, register: subgroup8.map((us) => us / 1.01) })).toBe('subgroup8');
  });

  it('is the fastest of several that are faster', () => {
    const of = (us: number): number[] => rule.map((each) => (each * us) / 100);
    const verdict = verdictOf(
      productTimes({ subgroup8: rule, tile: of(80), register: of(50), split: of(60) }),
    );
    expect(verdict).toMatchObject({ choice: 'register', fastest: 'register', rule: 'subgroup8' });
  });

  it('can differ from the fastest, which need not be beyond the spread', () => {
    const verdict = verdictOf(productTimes({ subgroup8: rule, register: rule.map((us) => us / 1.02) }));
    expect(verdict).toMatchObject({ choice: 'subgroup8', fastest: 'register' });
  });

  it('stays with the only variant', () => {
    const verdict = verdictOf(productTimes({ subgroup8: rule }));
    expect(verdict).toMatchObject({ choice: 'subgroup8', fastest: 'subgroup8' });
    expect(verdict.variants[0]).toMatchObject({ faster: false, speedup: { low: 1, median: 1, high: 1 } });
  });
});

it('figures: medians, quartiles, and GFLOP/s from the median time', () => {
  const [first] = verdictOf(productTimes({ subgroup8: rounds(20, 40, 30) }, { flops: 60_000 })).variants;
  expect(first).toMatchObject({ time: { low: 25, median: 30, high: 35 }, gflopsPerSecond: 2 });
  expect(quartilesOf([3])).toEqual({ low: 3, median: 3, high: 3 });
  expect(quartilesOf([4, 1, 2, 3])).toEqual({ low: 1.75, median: 2.5, high: 3.25 });
});

describe('entries', () => {
  const fast = productTimes({ subgroup8: rounds(9, 9, 9), tile: rounds(3, 3, 3) }, { rows: 7 });
  const same = productTimes({ subgroup8: rounds(9, 9, 9), tile: rounds(9, 9, 9) }, { rows: 8 });

  it('are there for what differs from the rule, and only for that', () => {
    const entries = entriesOf([fast, same].map(verdictOf));
    expect(entries).toEqual([
      { kernel: 'dense_forward', rows: 7, columns: 256, inner: 784, variant: 'tile' },
    ]);
    expect(parseTuning(tuningText({ adapter: 'a', subgroupSize: 8, entries }), 'f').entries).toEqual(entries);
  });

  it('add up to the time of a step, in which an op can stand several times', () => {
    const verdicts = [{ ...fast, ops: ['layer0', 'layer1'] }, same].map(verdictOf);
    expect(stepUs(verdicts, 'rule')).toBe(9 + 9 + 9);
    expect(stepUs(verdicts, 'choice')).toBe(3 + 3 + 9);
  });
});

import { describe, expect, it } from 'vitest';
import { experimentById } from './catalogue.js';
import { mostConfused } from './measures.js';
import { firstEpochAt, overfitting } from './lessons/fit.js';
import { result } from './testing/results.js';

const trial = (id: 0 | 1) => ({
  variant: 'baseline',
  seed: 0,
  config: experimentById(id).variants[0]!.config,
});
const curve = (losses: readonly number[]) => overfitting(result(trial(1), { losses }));

describe('overfitting', () => {
  it('rises: minimum, end over the last five epochs, rise', () => {
    const found = curve([1, 0.6, 0.5, 0.55, 0.6, 0.7, 0.7, 0.7, 0.7, 0.7]);
    expect(found).toMatchObject({ shape: 'rising', minimumEpoch: 3, minimum: 0.5 });
    expect(found!.end).toBeCloseTo(0.7, 12);
    expect(found!.rise).toBeCloseTo(0.4, 12);
  });
  it('is flat within two per cent', () => {
    expect(curve([1, 0.5, 0.505, 0.508, 0.504])).toMatchObject({ shape: 'flat', minimumEpoch: 2 });
    expect(curve([1, 0.5, 0.515, 0.515, 0.515])).toMatchObject({ shape: 'rising' });
  });
  it('still falls where fewer than three epochs follow the minimum', () => {
    expect(curve([1, 0.9, 0.8])).toMatchObject({ shape: 'falling', minimumEpoch: 3, end: 0.8, rise: 0 });
    expect(curve([1, 0.5, 0.9, 0.9])).toMatchObject({ shape: 'falling' });
    expect(curve([1, 0.5, 0.9, 0.9, 0.9])).toMatchObject({ shape: 'rising' });
  });
  it('is one bad epoch no rise', () => {
    expect(curve([1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.52])).toMatchObject({ shape: 'flat' });
  });
  it('is null without validation', () => {
    expect(overfitting(result(trial(0), { losses: [1, 2] }))).toBeNull();
  });
});

it('firstEpochAt finds the first epoch, or none', () => {
  const run = result(trial(1), { losses: [1, 1, 1], trainAccuracy: 0.9 });
  expect(firstEpochAt(run, 0.9)).toBe(1);
  expect(firstEpochAt(run, 0.91)).toBeNull();
});

it('mostConfused orders mistakes by count and leaves out the diagonal and zeros', () => {
  const confusion = [
    [90, 3, 0],
    [7, 80, 3],
    [0, 0, 70],
  ];
  expect(mostConfused(confusion, 9)).toEqual([
    { actual: 1, predicted: 0, count: 7 },
    { actual: 0, predicted: 1, count: 3 },
    { actual: 1, predicted: 2, count: 3 },
  ]);
  expect(mostConfused(confusion, 1)).toHaveLength(1);
});

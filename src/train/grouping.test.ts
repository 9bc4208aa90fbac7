import { describe, expect, test } from 'vitest';
import { maxTrials } from '../kernels/index.js';
import { groupTrials } from './grouping.js';
import type { Trial } from './index.js';
import { trial } from './testing/trials.js';

const positions = (trials: readonly Trial[], limit = maxTrials): readonly (readonly number[])[] =>
  groupTrials(trials, () => limit).map((group) => group.positions);

test('no trials, no groups', () => {
  expect(groupTrials([])).toEqual([]);
});

test('what does not change shapes may differ within a group', () => {
  const trials = [
    trial({ dropout: 0.3 }, 1),
    trial({ learningRate: 1 }, 2),
    trial({ weightDecay: 0.1, decay: 'l2' }),
    trial({ patience: 4 }, 9, 'other'),
  ];
  expect(positions(trials)).toEqual([[0, 1, 2, 3]]);
});

test.each([
  { hidden: [8, 8] },
  { hidden: [] },
  { batchSize: 5 },
  { epochs: 4 },
  { validation: 0 },
  { optimizer: 'sgd' as const },
  { clipNorm: 1 },
])('trials that differ in %o cannot share a dispatch', (other) => {
  expect(positions([trial(), trial(other)])).toEqual([[0], [1]]);
});

test('momentum and the norm of clipping may differ', () => {
  const sgd = { optimizer: 'sgd', clipNorm: 1 } as const;
  expect(positions([trial(sgd), trial({ ...sgd, momentum: 0, clipNorm: 2 })])).toEqual([[0, 1]]);
});

test('groups follow in the order of their first trial, and keep the order of their trials', () => {
  const a = trial();
  const b = trial({ batchSize: 8 });
  const groups = groupTrials([b, a, b, b, a]);
  expect(groups.map((group) => group.positions)).toEqual([
    [0, 2, 3],
    [1, 4],
  ]);
  for (const { trials, positions: places } of groups) expect(trials).toHaveLength(places.length);
  expect(groups[0]!.trials).toEqual([b, b, b]);
});

describe('what does not fit the device', () => {
  const seven = Array.from({ length: 7 }, (_, seed) => trial({}, seed));

  test('is split into the largest groups that do', () => {
    expect(positions(seven, 3)).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(positions(seven, 7)).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
  });

  test('groups have at least one trial: whether that fits is not decided here', () => {
    expect(positions(seven.slice(0, 2), 0)).toEqual([[0], [1]]);
  });

  test('every shape is asked for by itself', () => {
    const wide = trial({ hidden: [999] });
    const trials = [...seven.slice(0, 3), wide, wide];
    const groups = groupTrials(trials, ([first]) => (first!.config.hidden[0] === 8 ? maxTrials : 1));
    expect(groups.map((group) => group.positions)).toEqual([[0, 1, 2], [3], [4]]);
  });

  test('nor do more trials than the table in the shaders holds', () => {
    const many = Array.from({ length: maxTrials + 2 }, () => trial());
    expect(positions(many).map(({ length }) => length)).toEqual([maxTrials, 2]);
  });
});

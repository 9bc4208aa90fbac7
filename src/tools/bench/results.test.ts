import { describe, expect, it } from 'vitest';
import { own, peers } from './contenders.js';
import { benchTable, describeContenders, resultsOf } from './results.js';
import { contender, measured } from './testing/contenders.js';

const named = (name: string) => peers(2).find((peer) => peer.name === name)!;
const tfjs = named('tfjs-webgpu');
const one = named('PyTorch CPU, 1 thread');
const two = named('PyTorch CPU, 2 threads');

describe('resultsOf', () => {
  it('takes ratios within rounds, then their median', () => {
    // The machine was three times as slow in the second round: the figures moved, the ratios did not.
    const [mine, theirs] = resultsOf(32, [measured(own, [300, 100, 330]), measured(tfjs, [30, 10, 30])]);
    expect(mine).toMatchObject({ contender: 'wgsl-train', ratio: null, target: null });
    expect(theirs).toMatchObject({
      stepsPerSecond: { median: 30, min: 10, max: 30 },
      ratio: { median: 10, min: 10, max: 11 },
      target: 22,
    });
  });

  it('has a target for the better setting of a peer only', () => {
    const all = [measured(own, [100]), measured(one, [90]), measured(two, [30])];
    expect(resultsOf(32, all).map(({ target }) => target)).toEqual([null, 0.9, null]);
    const other = [measured(own, [100]), measured(one, [30]), measured(two, [90])];
    expect(resultsOf(32, other).map(({ target }) => target)).toEqual([null, null, 0.9]);
  });

  it('has no target where none is set', () => {
    const results = resultsOf(64, [measured(own, [100]), measured(tfjs, [10])]);
    expect(results[1]!.target).toBeNull();
  });
});

describe('benchTable', () => {
  const results = [32, 64].flatMap((batch) =>
    resultsOf(batch, [measured(own, [500, 400]), measured(tfjs, [20, 25]), measured(one, [450, 360])]),
  );

  it('has one row per contender, and each batch size once', () => {
    expect(benchTable(results, false).split('\n')).toEqual([
      'batch  contender                    steps/s  wgsl-train against it',
      '   32  wgsl-train             450 (400-500)',
      '       tfjs-webgpu             22.5 (20-25)          20.5x (16-25)',
      '       PyTorch CPU, 1 thread  405 (360-450)      1.11x (1.11-1.11)',
      '   64  wgsl-train             450 (400-500)',
      '       tfjs-webgpu             22.5 (20-25)          20.5x (16-25)',
      '       PyTorch CPU, 1 thread  405 (360-450)      1.11x (1.11-1.11)',
    ]);
  });

  it('says of each target whether it is met, and how far it is missed', () => {
    const lines = benchTable(results, true).split('\n');
    expect(lines[0]).toMatch(/target$/);
    expect(lines[2]).toMatch(/>= 22x MISSED, 93 % of it$/);
    expect(lines[3]).toMatch(/>= 0\.9x met$/);
    expect(lines[5]).toMatch(/\(16-25\)$/);
  });
});

it('says who the contenders are', () => {
  const version = { ...measured(contender('b'), [1]), facts: { runsOn: 'CPU', version: '1.2' } };
  expect(describeContenders([measured(contender('a'), [1]), version])).toBe(
    'a: a test machine; a test\nb: 1.2, CPU; a test',
  );
});

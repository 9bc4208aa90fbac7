import { describe, expect, it } from 'vitest';
import { own, peers } from './contenders.js';
import { benchTable, describeContenders, resultsOf } from './results.js';
import { contender, measured } from './testing/contenders.js';

const named = (name: string) => peers(2).find((peer) => peer.name === name)!;
const tfjs = named('tfjs-webgpu');
const one = named('PyTorch CPU, 1 thread');

describe('resultsOf', () => {
  it('takes ratios within rounds, then their median', () => {
    // The machine was three times as slow in the second round: the figures moved, the ratios did not.
    const [mine, theirs] = resultsOf(32, [measured(own, [300, 100, 330]), measured(tfjs, [30, 10, 30])]);
    expect(mine).toMatchObject({ contender: 'wgsl-train', ratio: null });
    expect(theirs).toMatchObject({
      stepsPerSecond: { median: 30, min: 10, max: 30 },
      ratio: { median: 10, min: 10, max: 11 },
    });
  });
});

it('gives no ratio to a contender that is handicapped, and says why', () => {
  const slow = { ...measured(one, [10]), facts: { runsOn: 'CPU', unfair: 'the reference BLAS' } };
  const results = resultsOf(32, [measured(own, [450]), slow]);
  expect(results.map(({ ratio }) => ratio)).toEqual([null, null]);
  expect(benchTable(results)).toMatch(/PyTorch CPU, 1 thread.* unfair$/);
  expect(describeContenders([slow])).toContain('no ratio, because it uses the reference BLAS');
});

it('counts the cores that a contender keeps busy', () => {
  const busy = { ...measured(one, [100, 200]), cpuMs: [18, 9] };
  expect(resultsOf(32, [measured(own, [1, 1]), busy])[1]).toMatchObject({ cores: { min: 1.8, max: 1.8 } });
});

describe('benchTable', () => {
  const results = [32, 64].flatMap((batch) =>
    resultsOf(batch, [measured(own, [500, 400]), measured(tfjs, [20, 25]), measured(one, [450, 360])]),
  );

  it('has one row per contender, and each batch size once', () => {
    expect(benchTable(results).split('\n')).toEqual([
      'batch  contender                    steps/s  CPU ms/step  cores  wgsl-train against it',
      '   32  wgsl-train             450 (400-500)         2.25    1.0',
      '       tfjs-webgpu             22.5 (20-25)           45    1.0          20.5x (16-25)',
      '       PyTorch CPU, 1 thread  405 (360-450)          2.5    1.0      1.11x (1.11-1.11)',
      '   64  wgsl-train             450 (400-500)         2.25    1.0',
      '       tfjs-webgpu             22.5 (20-25)           45    1.0          20.5x (16-25)',
      '       PyTorch CPU, 1 thread  405 (360-450)          2.5    1.0      1.11x (1.11-1.11)',
    ]);
  });
});

it('says who the contenders are', () => {
  const version = { ...measured(contender('b'), [1]), facts: { runsOn: 'CPU', version: '1.2' } };
  expect(describeContenders([measured(contender('a'), [1]), version])).toBe(
    'a: a test machine; a test\nb: 1.2, CPU; a test',
  );
});

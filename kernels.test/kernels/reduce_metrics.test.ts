import { describe, it } from 'vitest';
import { integers, uniform } from '../arrays.js';
import { reduceMetricsCase, type RowResults } from './cases/reduce_metrics.js';
import { noClass } from './cases/softmax_cross_entropy.js';
import { expectCase, expectTrialsApart } from './kernel-case.js';
import { noteShares } from './shares.js';
import { useGpu } from './support.js';

function random(rows: number, seed: number): RowResults {
  return {
    losses: uniform(rows, seed, 0, 5),
    predicted: integers(rows, seed + 1, 3),
    labels: integers(rows, seed + 2, 3),
  };
}

describe('reduce_metrics', () => {
  const gpu = useGpu();
  const note = noteShares('reduce_metrics');

  it('is right for every size of the batch around its tiles and workgroups', async () => {
    for (const rows of [1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 255, 256, 257, 300, 1000]) {
      const testCase = reduceMetricsCase([random(rows, rows)], { slots: 3, slot: 1, rows });
      note('batches', await expectCase(gpu(), testCase, `${rows} rows`));
    }
  });

  it('counts the rows of a short batch only', async () => {
    for (const rows of [1, 31, 32, 33, 64, 69]) {
      const results = random(70, rows);
      // What the loss leaves beyond the batch, and worse.
      results.losses.fill(Number.NaN, rows);
      results.predicted.fill(noClass, rows);
      results.labels.fill(noClass, rows);
      note(
        'short batches',
        await expectCase(gpu(), reduceMetricsCase([results], { slots: 2, slot: 0, rows }), `${rows}`),
      );
    }
  });

  it('writes the record of its step and no other', async () => {
    for (const slots of [1, 2, 5]) {
      for (let slot = 0; slot < slots; slot++) {
        const testCase = reduceMetricsCase([random(40, slot)], { slots, slot, rows: 40 });
        note('steps', await expectCase(gpu(), testCase, `step ${slot} of ${slots}`));
      }
    }
  });

  it('adds up zeros, huge and infinite losses', async () => {
    const losses = [[0, -0, 0], [1e37, 1e30, 1], [1, Infinity, 2], [3e38]];
    for (const values of losses) {
      const rows = values.length;
      const results = { ...random(rows, 1), losses: Float32Array.from(values) };
      await expectCase(gpu(), reduceMetricsCase([results], { slots: 1, slot: 0, rows }), values.join());
    }
  });

  it('keeps three trials apart, and gives the same bits again', async () => {
    const trials = [1, 2, 3].map((seed) => random(45, seed));
    const testCase = reduceMetricsCase(trials, { slots: 2, slot: 1, rows: 41 });
    note('trials', await expectCase(gpu(), testCase, 'three trials'));
    await expectTrialsApart(gpu(), testCase.run);
  });
});

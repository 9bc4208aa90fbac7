import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectWithin } from '../../kernels.test/compare.js';
import { learningRateFactor } from './learning-rate.js';
import { trial } from './testing/trials.js';
import type { TrainConfig } from './types.js';

type Schedule = Pick<TrainConfig, 'lrSchedule' | 'warmup' | 'epochs'>;

const path = join(import.meta.dirname, '../../kernels.test/fixtures/schedules.json');
const fixture = JSON.parse(readFileSync(path, 'utf8')) as {
  readonly learningRate: number;
  readonly cases: readonly (Schedule & { readonly rates: readonly number[] })[];
};

const factors = (schedule: Schedule): number[] =>
  Array.from({ length: schedule.epochs }, (_, i) => learningRateFactor(schedule, i + 1));

describe('the learning rate', () => {
  it.each(fixture.cases)(
    'is that of PyTorch: $lrSchedule, $warmup of $epochs epochs of warm-up',
    ({ rates, ...schedule }) => {
      const { epochs } = schedule;
      expect(rates).toHaveLength(epochs);
      // PyTorch works out a rate from the one before, with at most eight roundings of a rate below 1.
      const bound = rates.map((_, i) => (i + 1) * 8 * 2 ** -53);
      const found = factors(schedule).map((factor) => fixture.learningRate * factor);
      expectWithin(found, rates, bound, schedule.lrSchedule);
    },
  );

  it('is exactly the given one without schedule and warm-up, and right after the warm-up', () => {
    expect(factors({ lrSchedule: 'constant', warmup: 0, epochs: 5 })).toEqual([1, 1, 1, 1, 1]);
    for (const lrSchedule of ['constant', 'cosine', 'step', 'linear'] as const)
      expect(learningRateFactor({ lrSchedule, warmup: 3, epochs: 10 }, 4)).toBe(1);
  });

  it('never rises after the warm-up, and is never 0', () => {
    for (const lrSchedule of ['cosine', 'step', 'linear'] as const) {
      const { config } = trial({ lrSchedule, warmup: 2, epochs: 1000 });
      const after = factors(config).slice(2);
      expect(after).toEqual([...after].sort((a, b) => b - a));
      expect(after.at(-1)).toBeGreaterThan(0);
      expect(after.at(-1)).toBeLessThan(0.011);
    }
  });
});

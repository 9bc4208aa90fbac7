/** What the tables and the conclusions read out of results, one figure per run. */
import type { EpochRecord, TrialResult } from '../train/types.js';
import { pairedDifference, sample, type PairedDifference, type Sample } from '../base/statistics.js';
import type { VariantOutcome } from './types.js';

/** The figures of a run by name; NaN where one does not apply (validation figures of experiment 0). */
export const measures = {
  bestValidationLoss: ({ best }) => best?.score.loss ?? NaN,
  bestValidationAccuracy: ({ best }) => best?.score.accuracy ?? NaN,
  bestEpoch: ({ best }) => best?.epoch ?? NaN,
  epochs: ({ history }) => history.length,
  lastTrainLoss: (run) => lastEpoch(run).train.loss,
  lastTrainAccuracy: (run) => lastEpoch(run).train.accuracy,
  lastValidationLoss: (run) => lastEpoch(run).validation?.loss ?? NaN,
  lastValidationAccuracy: (run) => lastEpoch(run).validation?.accuracy ?? NaN,
  testLoss: ({ test }) => test.loss,
  testAccuracy: ({ test }) => test.accuracy,
  seconds: ({ seconds }) => seconds,
} as const satisfies Readonly<Record<string, (run: TrialResult) => number>>;

export type Measure = keyof typeof measures;

export function lastEpoch(run: TrialResult): EpochRecord {
  return run.history.at(-1)!;
}

export function over(variant: VariantOutcome, measure: Measure): Sample {
  return sample(variant.runs.map(measures[measure]));
}

/** How much larger a figure is for `left` than for `right`, paired by seed. */
export function difference(left: VariantOutcome, right: VariantOutcome, measure: Measure): PairedDifference {
  return pairedDifference(left.runs.map(measures[measure]), right.runs.map(measures[measure]));
}

/** Variants by mean best validation loss, the lowest first; without validation, as they were given. */
export function ranked(variants: readonly VariantOutcome[]): VariantOutcome[] {
  return [...variants].sort((a, b) => {
    const gap = over(a, 'bestValidationLoss').mean - over(b, 'bestValidationLoss').mean;
    return Number.isNaN(gap) ? 0 : gap;
  });
}

/** The run that stands for an experiment. */
export interface Selection {
  readonly variant: VariantOutcome;
  readonly run: TrialResult;
  readonly reason: string;
}

/**
 * The variant with the lowest best validation loss (mean over seeds) and, in it, the run with the lowest.
 * Test figures play no part. Without a validation set nothing may be chosen, so it is the first variant with
 * the first seed.
 */
export function select(variants: readonly VariantOutcome[]): Selection {
  const variant = ranked(variants)[0]!;
  const losses = variant.runs.map(measures.bestValidationLoss);
  const lowest = Math.min(...losses);
  if (Number.isNaN(lowest))
    return {
      variant,
      run: variant.runs[0]!,
      reason: 'no validation set to choose by: the first seed is shown',
    };
  const run = variant.runs[losses.indexOf(lowest)]!;
  const seeds = losses.length > 1 ? ', mean over seeds; of its runs the one with the lowest' : '';
  return { variant, run, reason: `lowest best validation loss${seeds}` };
}

export interface Mistake {
  readonly actual: number;
  readonly predicted: number;
  readonly count: number;
}

/** The most frequent mistakes, largest first. @param confusion confusion[actual][predicted] */
export function mostConfused(confusion: readonly (readonly number[])[], limit: number): Mistake[] {
  return confusion
    .flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })))
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);
}

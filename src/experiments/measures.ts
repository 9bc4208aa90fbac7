/** What the tables and the conclusions read out of results, one figure per run. */
import type { EpochRecord, TrialResult } from '../train/types.js';
import { pairedDifference, sample, type PairedDifference, type Sample } from '../base/statistics.js';
import type { VariantOutcome } from './types.js';

/** One figure of a run; NaN where it does not apply (validation figures of experiment 0). */
export type Measure = (run: TrialResult) => number;

export const bestValidationLoss: Measure = (run) => run.best?.score.loss ?? NaN;
export const bestValidationAccuracy: Measure = (run) => run.best?.score.accuracy ?? NaN;
export const bestEpoch: Measure = (run) => run.best?.epoch ?? NaN;
export const epochs: Measure = (run) => run.history.length;
export const lastTrainLoss: Measure = (run) => lastEpoch(run).train.loss;
export const lastTrainAccuracy: Measure = (run) => lastEpoch(run).train.accuracy;
export const lastValidationLoss: Measure = (run) => lastEpoch(run).validation?.loss ?? NaN;
export const lastValidationAccuracy: Measure = (run) => lastEpoch(run).validation?.accuracy ?? NaN;
export const testLoss: Measure = (run) => run.test.loss;
export const testAccuracy: Measure = (run) => run.test.accuracy;
export const seconds: Measure = (run) => run.seconds;

export function lastEpoch(run: TrialResult): EpochRecord {
  return run.history.at(-1)!;
}

/** A figure over the seeds of a variant. */
export function over(variant: VariantOutcome, measure: Measure): Sample {
  return sample(variant.runs.map(measure));
}

/** How much larger a figure is for `left` than for `right`, paired by seed. */
export function difference(left: VariantOutcome, right: VariantOutcome, measure: Measure): PairedDifference {
  return pairedDifference(left.runs.map(measure), right.runs.map(measure));
}

/** Variants by mean best validation loss, the lowest first; without validation, as they were given. */
export function ranked(variants: readonly VariantOutcome[]): VariantOutcome[] {
  return [...variants].sort((a, b) => {
    const gap = over(a, bestValidationLoss).mean - over(b, bestValidationLoss).mean;
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
  const losses = variant.runs.map(bestValidationLoss);
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

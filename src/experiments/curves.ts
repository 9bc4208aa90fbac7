/** What the loss curves of a run show. */
import type { TrialResult } from '../train/types.js';

/** How the validation loss of a run went on after its minimum. */
export interface Overfitting {
  /**
   * `rising`: it ends clearly above its minimum. `flat`: it ends near it. `falling`: fewer than three epochs
   * follow the minimum, so the run ended before it could show either.
   */
  readonly shape: 'rising' | 'flat' | 'falling';
  /** The epoch with the lowest validation loss, counted from 1. */
  readonly minimumEpoch: number;
  readonly minimum: number;
  /**
   * Mean validation loss of the last (at most five) epochs after the minimum; the minimum if it came last.
   */
  readonly end: number;
  /** end / minimum - 1. */
  readonly rise: number;
}

/** Less than this above the minimum is flat: a validation loss moves by about as much between epochs. */
const clearRise = 0.02;

/** The end is averaged over this many epochs, so that one epoch's noise does not decide. */
const endEpochs = 5;

/** Reads the validation curve of a run; null without validation. */
export function overfitting(run: TrialResult): Overfitting | null {
  const losses: number[] = [];
  for (const { validation } of run.history) {
    if (validation === null) return null;
    losses.push(validation.loss);
  }
  const minimum = Math.min(...losses);
  const at = losses.indexOf(minimum);
  const after = losses.slice(at + 1).slice(-endEpochs);
  const end = after.length === 0 ? minimum : after.reduce((sum, loss) => sum + loss, 0) / after.length;
  const rise = end / minimum - 1;
  if (losses.length - at <= 3) return { shape: 'falling', minimumEpoch: at + 1, minimum, end, rise };
  return { shape: rise > clearRise ? 'rising' : 'flat', minimumEpoch: at + 1, minimum, end, rise };
}

/** The first epoch whose training accuracy is at least `accuracy`; null if none is. */
export function firstEpochAt(run: TrialResult, accuracy: number): number | null {
  return run.history.find(({ train }) => train.accuracy >= accuracy)?.epoch ?? null;
}

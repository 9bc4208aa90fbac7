/** What a training resumes from: the state of a trial between two submits. */
import type { EpochRecord, NamedParameters, Trial, TrialResult } from './types.js';

/** Parameters and both of Adam's moments, each by the names of the parameters. */
export interface Snapshot {
  /** Epochs that were done, and steps of the one after them. */
  readonly epoch: number;
  readonly step: number;
  readonly parameters: NamedParameters;
  readonly firstMoments: NamedParameters;
  readonly secondMoments: NamedParameters;
}

/**
 * A trial as far as it has come. A training that resumes from it gives the same bits as one that was never
 * stopped.
 *
 * All else that a step depends on follows from the trial and these numbers: the order of an epoch from (seed,
 * epoch), dropout from (seed, optimiser step), initial weights and split from the seed, and what early
 * stopping remembers from the history.
 */
export interface TrialState {
  readonly trial: Trial;
  readonly last: Snapshot;
  /**
   * The snapshot after the epoch whose weights are the result so far: `last` itself where that is it. Null:
   * there is none yet, it was handed out before, or (without early stopping, before the end) it does not
   * matter.
   */
  readonly best: Snapshot | null;
  /** What the steps of the epoch under way measured, in the GPU's words; empty between epochs. */
  readonly metrics: Uint32Array;
  readonly history: readonly EpochRecord[];
  /** Seconds of training until the end of each epoch, and until now. */
  readonly epochSeconds: readonly number[];
  readonly seconds: number;
  /** Why it trains no further; null: it does. */
  readonly stopped: 'early' | 'completed' | null;
  readonly stepsPerEpoch: number;
  /** What ran, as in the trial's result; null: not known, and not checked when the trial is resumed. */
  readonly kernels: TrialResult['kernels'] | null;
}

/** How far a trial has come: trials that train side by side must have come equally far. */
export function progressOf(state: TrialState | null): string {
  if (state === null) return 'beginning';
  const { epoch, step } = state.last;
  return state.stopped === null ? `epoch ${epoch}, step ${step}` : 'over';
}

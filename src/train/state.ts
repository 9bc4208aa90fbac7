/** What a training goes on from: the state of a trial between two submits. */
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
 * A trial as far as it has come. A training that goes on from it gives the same bits as one that was never stopped.
 *
 * Whatever else a step depends on is a function of the trial and of these numbers: the order of an epoch is drawn from (seed, epoch),
 * dropout from (seed, optimiser step), initial weights and split from the seed, and what early stopping remembers follows from the history.
 */
export interface TrialState {
  readonly trial: Trial;
  readonly last: Snapshot;
  /**
   * The snapshot after the epoch whose weights are the result so far: `last` itself where that is it. Null: there is none yet, or it is the
   * one that was handed out before, or (without early stopping, before the end) it does not matter.
   */
  readonly best: Snapshot | null;
  /** What the steps of the epoch under way measured, in the words that the GPU keeps; empty between epochs. */
  readonly metrics: Uint32Array;
  readonly history: readonly EpochRecord[];
  /** Seconds of training until the end of each epoch, and until now. */
  readonly epochSeconds: readonly number[];
  readonly seconds: number;
  /** Why it trains no further; null: it does. */
  readonly stopped: 'early' | 'completed' | null;
  readonly stepsPerEpoch: number;
  /** What ran, as in the results of the trial; null: whoever brings the state vouches that the same kernels run. */
  readonly kernels: TrialResult['kernels'] | null;
}

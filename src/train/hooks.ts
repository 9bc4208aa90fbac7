import type { TrialState } from './state.js';
import type { EpochReport, ProgressReport, Trial, TrialWeights } from './types.js';

/**
 * What a training calls, and how it is stopped. Nothing is awaited; a callback that throws ends the training.
 */
export interface TrainHooks {
  readonly onEpoch?: (report: EpochReport) => void;
  readonly onProgress?: (report: ProgressReport) => void;
  /** Called when a trial has diverged in an epoch and trains no further; the others continue. */
  readonly onDiverged?: (trial: Trial, epoch: number) => void;
  /**
   * Called for each trial of a group when its last one is done, before the test set is looked at; not for
   * those that diverged.
   */
  readonly onWeights?: (weights: TrialWeights) => void;
  /** Aborting stops between submits: states go to `onCheckpoint`, then an `interrupted` error is thrown. */
  readonly signal?: AbortSignal;
  /**
   * Takes the states of trials, to resume from another time: of those that have come further since the last
   * call, when `checkpointDue` says so, when the training is stopped, and when a group is done. Their values
   * are finite.
   */
  readonly onCheckpoint?: (states: readonly TrialState[]) => void;
  /** Asked after each epoch whether to hand out states, which costs a wait. Never, if left out. */
  readonly checkpointDue?: () => boolean;
  /** Where a trial resumes from; null: it begins. Asked when the training is planned. */
  readonly resume?: (trial: Trial) => TrialState | null;
}

import type { TrainConfig } from './settings.js';

export type { TrainConfig };

/** One network to train: a configuration and a seed (split, initial weights, shuffles and dropout masks). */
export interface Trial {
  readonly variant: string;
  readonly seed: number;
  readonly config: TrainConfig;
}

/** Mean loss over samples, and the fraction classified correctly. */
export interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/** What one epoch of one trial measured. `train` is accumulated while training, with dropout on. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  readonly train: Score;
  readonly validation: Score | null;
}

/** The outcome of one trial. */
export interface TrialResult {
  readonly trial: Trial;
  readonly history: readonly EpochRecord[];
  /** `pruned`: at the epoch that `until` named, before its end. */
  readonly stopped: 'early' | 'completed' | 'pruned';
  /**
   * The epoch with the lowest validation loss; null without validation. With early stopping its weights are
   * the result, otherwise those of the last epoch are.
   */
  readonly best: { readonly epoch: number; readonly score: Score } | null;
  readonly test: Score;
  /** confusion[actual][predicted], counts over the test set. */
  readonly confusion: readonly (readonly number[])[];
  /**
   * Recall per class: the confusion matrix's diagonal over its row sums; null for a class without
   * images, which cannot be judged.
   */
  readonly perClassAccuracy: readonly (number | null)[];
  readonly seconds: number;
  /** Optimiser steps of this trial per second of training, beside the other trials of its group. */
  readonly stepsPerSecond: number;
  readonly weightsSha256: string;
  /**
   * What ran, one line per dispatch of a training step and of an evaluation batch: the op, its kernel and the
   * variant of the matrix product, as in `layer0 dense_forward_images.subgroup8`. Other variants add in
   * another order and give other bits.
   */
  readonly kernels: { readonly training: readonly string[]; readonly evaluation: readonly string[] };
  /** The adapter, where the trainings of a run had several. */
  readonly adapter?: string;
}

/** Reported after each epoch of a group of trials that train side by side. */
export interface EpochReport {
  readonly epoch: number;
  readonly trials: readonly {
    readonly trial: Trial;
    readonly record: EpochRecord;
    readonly improved: boolean;
  }[];
  /** Trials still training after this epoch. */
  readonly active: number;
  readonly stepsPerSecond: number;
  readonly seconds: number;
}

/** Reported while an epoch runs, at most a few times per second. */
export interface ProgressReport {
  readonly epoch: number;
  /** Steps submitted in this epoch, and the number of steps it has. */
  readonly step: number;
  readonly steps: number;
  readonly active: number;
}

/** Parameters by name (`layer0.weight` [in, out], `layer0.bias` [out], ...), without padding. */
export type NamedParameters = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** The weights of a trial that is done. */
export interface TrialWeights {
  readonly trial: Trial;
  /** Those that its results are measured with: of the best epoch with early stopping, else of the last. */
  readonly best: { readonly epoch: number; readonly parameters: NamedParameters };
  /** Those after its last epoch. */
  readonly last: { readonly epoch: number; readonly parameters: NamedParameters };
}

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

/** Weights of a trial that trains, or has trained, between two steps. */
export type WeightsAt = Pick<Snapshot, 'epoch' | 'step' | 'parameters'>;

/** How much work the GPU is given at a time: what else it is asked for waits behind that. */
export interface Pace {
  /** How long a submit lasts, about, in milliseconds; 100 if left out. A step is never divided. */
  readonly submitMs?: number;
  /**
   * How far the host may run ahead, beyond one submit, as a share of the time since the epoch began; 0.4 if
   * left out. 0: a submit waits until the one before the last is done.
   */
  readonly lead?: number;
}

/**
 * What a training calls, and how it is stopped. Only `onCheckpoint` is awaited; a callback that throws ends
 * the training.
 */
export interface TrainHooks {
  readonly onEpoch?: (report: EpochReport) => void;
  readonly onProgress?: (report: ProgressReport) => void;
  /** Called when a trial has diverged in an epoch and trains no further; the others continue. */
  readonly onDiverged?: (trial: Trial, epoch: number) => void;
  /** Called for each sound trial of a group when the last one is done, before the test set is looked at. */
  readonly onWeights?: (weights: TrialWeights) => void;
  /** Aborting stops between submits: states go to `onCheckpoint`, then an `interrupted` error is thrown. */
  readonly signal?: AbortSignal;
  /**
   * Takes the states of trials, to resume from another time: of those that have come further since the last
   * call, when `checkpointDue` says so, when the training is stopped, and when a group is done. Their values
   * are finite. If it returns a promise, the training waits for it.
   */
  readonly onCheckpoint?: (states: readonly TrialState[]) => unknown;
  /** Asked after each epoch whether to hand out states, which costs a wait. Never, if left out. */
  readonly checkpointDue?: () => boolean;
  /** The epoch after which all trials are stopped; their states are those of trainings under way. */
  readonly until?: number;
  /** Where a trial resumes from; null: it begins. Asked for each trial before the training begins. */
  readonly resume?: (trial: Trial) => TrialState | null | Promise<TrialState | null>;
}

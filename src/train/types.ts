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
  readonly stopped: 'early' | 'completed';
  /**
   * The epoch with the lowest validation loss; null without validation. With early stopping its weights are
   * the result, otherwise those of the last epoch are.
   */
  readonly best: { readonly epoch: number; readonly score: Score } | null;
  readonly test: Score;
  /** confusion[actual][predicted], counts over the test set. */
  readonly confusion: readonly (readonly number[])[];
  /** Recall per class: the confusion matrix's diagonal over its row sums; 0 for a class without images. */
  readonly perClassAccuracy: readonly number[];
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

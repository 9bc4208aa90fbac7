import type { InputFormat } from '../pictures/input-format.js';
import type { DivergedError, Divergence } from '../train/diverged-error.js';
import type { SettingKey, TrainConfig } from '../train/settings.js';
import type { Axes } from './points.js';
import type { TrialResult } from '../train/types.js';

/**
 * The number of an experiment of the series, its final network, or a sweep of one's own. `KnownExperiment`
 * has those of the series.
 */
export type ExperimentId = number | 'final' | 'sweep';

/** One network that an experiment trains. */
export interface Variant {
  /** The swept settings as on the command line: `batch-size=32`; `baseline` where nothing is swept. */
  readonly name: string;
  readonly config: TrainConfig;
}

/**
 * A run that a lesson needs beside the variants, written as a change to the last variant. It is trained and
 * recorded with them, but is never selected: it only answers "better than what?".
 */
export type Change = Partial<Omit<TrainConfig, 'decay'>> & { readonly decay?: 'the other' };

/** An experiment as data: an entry of the catalogue, an experiment file, or a command line with `--sweep`. */
export interface Definition {
  readonly title: string;
  /** The question that it answers. */
  readonly asks: string;
  /** The settings of every variant, but for those that are swept. */
  readonly base: TrainConfig;
  readonly sweep: Axes;
  /** Points to draw at random; null: the grid. */
  readonly sample: number | null;
  /** What successive halving divides the variants by in each round; null: all are trained to their end. */
  readonly halving: number | null;
  readonly comparisons: readonly Change[];
}

/** An experiment: what it trains, as plain data, and what it concludes. */
export interface Experiment extends Definition {
  readonly id: ExperimentId;
  readonly swept: readonly SettingKey[];
  readonly variants: readonly Variant[];
  /** What it teaches, one sentence or two per entry, computed from its results. */
  readonly conclude: (outcome: Outcome) => string[];
}

/** An experiment with the user's settings in it, ready to train. */
export interface PlannedExperiment {
  readonly experiment: Experiment;
  readonly variants: readonly Variant[];
  readonly comparisons: readonly Variant[];
  readonly seeds: readonly number[];
  /** What differs from the experiment's definition, in words. */
  readonly notes: readonly string[];
}

/** One variant with a result per seed, in the order of the seeds; without those whose trainings diverged. */
export interface VariantOutcome extends Variant {
  readonly runs: readonly TrialResult[];
}

/** What the conclusions need to know of the data. */
export interface DataFacts {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Bytes per image. */
  readonly inputs: number;
  /** Images that the weights are trained on, that are held out (null: none), and that are tested on. */
  readonly train: number;
  readonly validation: number | null;
  readonly test: number;
  /** What the training images look like; null for features. */
  readonly input: InputFormat | null;
}

/** What a training of trials came to: results, and the trials that diverged. */
export interface Trained {
  readonly results: readonly TrialResult[];
  readonly diverged: readonly Divergence[];
  /** The error that told of the divergences; null if there are none. */
  readonly error: DivergedError | null;
  /** What successive halving trained and kept. */
  readonly rounds?: readonly HalvingRound[];
}

/** A round of successive halving: its variants had this many epochs, and the best of them were trained on. */
export interface HalvingRound {
  readonly epochs: number;
  /** Those that were trained, the lowest validation loss first; what diverged comes last. */
  readonly ranking: readonly {
    readonly variant: string;
    /** The lowest validation loss until then, mean over seeds; null: a training of it diverged. */
    readonly valLoss: number | null;
  }[];
  /** How many, from the first on, went into the next round; of the last round, all. */
  readonly kept: number;
}

/** A finished experiment. Variants of which every training diverged are left out; at least one is left. */
export interface Outcome {
  readonly plan: PlannedExperiment;
  readonly data: DataFacts;
  readonly variants: readonly VariantOutcome[];
  readonly comparisons: readonly VariantOutcome[];
  /** What successive halving trained and kept; empty without it. */
  readonly rounds: readonly HalvingRound[];
  /** Trainings without a result, in the order of the plan. */
  readonly diverged: readonly Divergence[];
  /** Results taken over from an earlier experiment of the same process. */
  readonly reused: number;
}

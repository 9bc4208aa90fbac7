import type { InputFormat } from '../pictures/input-format.js';
import type { Divergence } from '../train/diverged-error.js';
import type { OptionKey, TrainConfig } from '../train/settings.js';
import type { TrialResult } from '../train/types.js';

/** The number of an experiment, or the final network. `KnownExperiment` has those that there are. */
export type ExperimentId = number | 'final';

/** One network that an experiment trains. */
export interface Variant {
  /** The swept setting as on the command line, such as `batch-size=32`; `baseline` where nothing is swept. */
  readonly name: string;
  readonly config: TrainConfig;
}

/**
 * A run that a lesson needs beside the variants, written as a change to the last variant. It is trained and
 * recorded with them, but is never selected: it only answers "better than what?".
 */
export type Change = Partial<Omit<TrainConfig, 'decay'>> & { readonly decay?: 'the other' };

/** An experiment: what it trains, as plain data, and what it concludes. */
export interface Experiment {
  readonly id: ExperimentId;
  readonly title: string;
  /** The question that it answers. */
  readonly asks: string;
  readonly swept: OptionKey | null;
  readonly variants: readonly Variant[];
  readonly comparisons: readonly Change[];
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

/** A finished experiment. Variants of which every training diverged are left out; at least one is left. */
export interface Outcome {
  readonly plan: PlannedExperiment;
  readonly data: DataFacts;
  readonly variants: readonly VariantOutcome[];
  readonly comparisons: readonly VariantOutcome[];
  /** Trainings without a result, in the order of the plan. */
  readonly diverged: readonly Divergence[];
  /** Results taken over from an earlier experiment of the same process. */
  readonly reused: number;
}

/** The engine as a library: what a program needs to train a network or to run an experiment. */
export { EngineError, exitCodes, type ErrorDetail, type ErrorKind } from './base/errors.js';
export type { Dataset, LabelledImages } from './data/dataset.js';
export { parseDataSpec, resolveDataset, type DataSpec, type ResolveOptions } from './data/resolve.js';
export {
  conclude,
  experimentById,
  experiments,
  planExperiment,
  runExperiment,
  trialsOf,
  type Experiment,
  type ExperimentId,
  type Outcome,
  type Overrides,
  type PlannedExperiment,
  type TrainTrials,
  type Variant,
  type VariantOutcome,
} from './experiments/index.js';
export { openGpu, type AdapterOptions, type Gpu } from './gpu/index.js';
export {
  describePlan,
  profileTraining,
  train,
  type EpochRecord,
  type EpochReport,
  type GroupProfile,
  type ProfileOptions,
  type ProfileSink,
  type ProgressReport,
  type Score,
  type TrainConfig,
  type TrainHooks,
  type TrainOptions,
  type TrainingProfile,
  type Trial,
  type TrialResult,
} from './train/index.js';

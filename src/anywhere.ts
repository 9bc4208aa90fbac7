/** What the package exports everywhere: index.ts adds what Node has, browser.ts what a page has instead. */
export { EngineError, exitCodes, type ErrorDetail, type ErrorKind } from './base/errors.js';
export { inputFormat, type Dataset, type LabelledImages } from './data/dataset.js';
export type { DownloadProgress } from './data/download.js';
export type { NamedFile } from './data/listing.js';
export { parseDataSpec, type DataSpec } from './data/spec.js';
export {
  experimentById,
  experiments,
  type KnownExperiment as ExperimentId,
} from './experiments/catalogue.js';
export { conclude } from './experiments/conclude.js';
export type { Selection } from './experiments/measures.js';
export { planExperiment, trialsOf, type Overrides } from './experiments/plan.js';
export { runExperiment, type TrainTrials } from './experiments/run.js';
export type { Experiment, Outcome, PlannedExperiment, Variant, VariantOutcome } from './experiments/types.js';
export { checkpointsIn, type CheckpointHooks, type CheckpointOptions } from './library/checkpoints.js';
export {
  checkDataset,
  createDataset,
  toBytes,
  type DatasetOptions,
  type ImageArrays,
} from './library/dataset.js';
export type { FileStorage as CheckpointStorage } from './platform/file-storage.js';
export { openGpu, type Gpu, type OpenOptions } from './library/gpu.js';
export {
  describeKernel,
  kernelNames,
  type KernelDescription,
  type KernelOperand,
} from './library/kernels.js';
export {
  fromSafetensors,
  networkMetadata,
  readNetwork,
  toOnnx,
  toSafetensors,
  type Network,
  type ToOnnxOptions,
} from './library/parameters.js';
export { pictureInput, type PictureData, type PictureInput } from './library/picture.js';
export { predict, type Predictions, type PredictOptions } from './library/predict.js';
export type { ResolveOptions } from './library/resolve-files.js';
export { runKernel, type KernelCall, type KernelResult } from './library/run-kernel.js';
export type { ElementType, HostTensor, Shape } from './library/tensors.js';
export {
  checkTrial,
  createTrial,
  defaultConfig,
  describePlan,
  startTraining,
  train,
  trainExperiment,
  type ExperimentOptions,
  type ExperimentResult,
  type TrainOptions,
  type Training,
  type TrialSettings,
} from './library/train.js';
export { assumedFormat, type InputFormat } from './pictures/input-format.js';
export { DivergedError, type Divergence } from './train/diverged-error.js';
export type {
  EpochRecord,
  EpochReport,
  NamedParameters,
  Pace,
  ProgressReport,
  Score,
  Snapshot,
  TrainConfig,
  TrainHooks,
  Trial,
  TrialResult,
  TrialState,
  TrialWeights,
  WeightsAt,
} from './train/types.js';

export { describePlan } from './describe.js';
export { DivergedError, sentenceOf, type Divergence } from './diverged-error.js';
export { inferLogits, type InferOptions } from './infer.js';
export { argmax, scoreLogits, softmax, type LogitScore } from './logits.js';
export {
  measureCeilings,
  profileTraining,
  type Ceilings,
  type GroupProfile,
  type ProfileOptions,
  type ProfileSink,
  type TrainingProfile,
} from '../profile/index.js';
export { selfCheck, type CheckedKernel, type SelfCheck, type SelfCheckOptions } from '../check/self-check.js';
export type { StepWork } from '../tools/bench/measure.js';
export { plannedGroups, train, type TrainOptions } from './train.js';
export { timeVariants, type ProductTimes, type TuneOptions } from '../tools/bench/tune.js';
export type { TrainHooks } from './hooks.js';
export type { Snapshot, TrialState } from './state.js';
export type {
  EpochRecord,
  EpochReport,
  ProgressReport,
  Score,
  TrainConfig,
  Trial,
  TrialResult,
} from './types.js';

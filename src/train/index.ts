export { describePlan } from './describe.js';
export { DivergedError, sentenceOf, type Divergence } from './diverged-error.js';
export type { TrainOptions } from './group-context.js';
export type { TrainHooks } from './hooks.js';
export { planTraining, type PlannedTraining, type PlanOptions } from './plan-training.js';
export type { Snapshot, TrialState } from './state.js';
export { train } from './train.js';
export type {
  EpochRecord,
  EpochReport,
  ProgressReport,
  Score,
  TrainConfig,
  Trial,
  TrialResult,
} from './types.js';

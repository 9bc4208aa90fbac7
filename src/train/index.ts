export { divergedIn } from './capture.js';
export { describePlan } from './describe.js';
export { DivergedError, type Divergence } from './diverged-error.js';
export type { ReadWeights, TrainOptions, WeightsOf } from './group-context.js';
export type {
  EpochRecord,
  EpochReport,
  ProgressReport,
  Score,
  Snapshot,
  TrainConfig,
  TrainHooks,
  Trial,
  TrialResult,
  TrialState,
} from './types.js';
export { planTraining, type PlannedTraining, type PlanOptions } from './plan-training.js';
export { train } from './train.js';

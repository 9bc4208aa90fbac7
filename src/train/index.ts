export { describePlan } from './describe.js';
export { plannedGroups, train, type TrainOptions } from './train.js';
export type {
  EpochRecord,
  EpochReport,
  ProgressReport,
  Score,
  TrainConfig,
  TrainHooks,
  Trial,
  TrialResult,
} from './types.js';

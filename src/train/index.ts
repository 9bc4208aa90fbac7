export { describePlan } from './describe.js';
export { measureCeilings, type Ceilings } from './profile-ceilings.js';
export type { GroupProfile, ProfileSink, TrainingProfile } from './profile-types.js';
export { profileTraining, type ProfileOptions } from './profile.js';
export type { StepWork } from './measure.js';
export { plannedGroups, train, type TrainOptions } from './train.js';
export { timeVariants, type ProductTimes, type TuneOptions } from './tune.js';
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

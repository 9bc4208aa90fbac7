export { measureCeilings, type Ceilings } from './ceilings.js';
export { trainProfiled } from './recording.js';
export { profileTraining, type ProfileOptions } from './training.js';
export type { GroupProfile, ProfileSink, TrainingProfile } from './types.js';

export { calibrate, createSample } from './sample.js';
export { measureCeilings, type Ceilings } from './ceilings.js';
export { trainProfiled } from './train-profiled.js';
export { profileTraining, type ProfileOptions } from './profile-training.js';
export type { GroupProfile, ProfileSink, TrainingProfile } from './measurement.js';

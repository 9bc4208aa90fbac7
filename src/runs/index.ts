export { appendFile, jsonText, makeDirectory, replaceFile, thenResume } from './replace-file.js';
export { encodeCheckpoint, parseCheckpoint, type Checkpoint, type Facts } from './checkpoint.js';
export { freePath, requireNoRun } from './directory.js';
export { latestName, runFiles, runName, runsDirectory, trialFolder } from './layout.js';
export { parseMetricsRow, type MetricsRow } from './metrics.js';
export { openRun, runDirectoryOf, type FinishedRun } from './open.js';
export { isAlive, removeStaleTemporaries, runningProcess } from './process.js';
export { defaultCheckpointSeconds, RunRecorder, type RunStart, type WeightsPlaces } from './recorder.js';
export { checkpointPath, readCheckpoint, readState, saveState, type Which } from './states.js';

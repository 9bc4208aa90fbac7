export { parseCheckpoint, readCheckpoint, type Checkpoint, type Facts, type Which } from './checkpoint.js';
export { freeDirectory, requireNoRun } from './directory.js';
export { jsonText } from './json-text.js';
export { latestName, runFiles, runName, runsDirectory, trialFolder } from './layout.js';
export { csvLine, metricsHeader, rowsOf, type MetricsRow } from './metrics.js';
export { openRun, runDirectoryOf, type Run } from './open.js';
export { isAlive } from './process.js';
export { RunRecorder, type RunStart, type WeightsPlaces } from './recorder.js';
export { replaceFile } from './replace-file.js';

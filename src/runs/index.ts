export { jsonText } from '../platform/json-file.js';
export { appendFile, makeDirectory, replaceFile } from '../platform/replace-file.js';
export { encodeCheckpoint, parseCheckpoint, type Checkpoint, type Facts } from './checkpoint.js';
export { clearRun, freePath, pointLatest, removeStaleTemporaries, requireNoRun } from './directory.js';
export { latestName, runFiles, runName, runsDirectory, trialFolder } from './layout.js';
export { parseMetricsRow, type MetricsRow } from './metrics.js';
export { openRun, runDirectoryOf, type FinishedRun } from './open.js';
export { isOwned, ownerName, ownerOf, putNew, RunClaim, runningProcess, waitForOwner } from './owner.js';
export { isAlive, thisProcess } from '../platform/process.js';
export {
  adapterText,
  defaultCheckpointSeconds,
  RunRecorder,
  type RunStart,
  type WeightsPlaces,
} from './recorder.js';
export * from './units.js';
export { checkpointPath, readCheckpoint, readState, saveState, type Which } from './states.js';

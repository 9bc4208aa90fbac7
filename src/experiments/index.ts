export { experimentById, experimentName, experiments, type KnownExperiment } from './catalogue.js';
export { caveatOf, conclude } from './conclude.js';
export {
  concludeDiverged,
  divergedTrainings,
  divergenceRecord,
  refuseDiverged,
  selected,
  type DivergenceRecord,
} from './diverged.js';
export { mostConfused } from './confusion.js';
export {
  describeSettings,
  planExperiment,
  resultKey,
  trainingKey,
  trialsOf,
  type Overrides,
} from './plan.js';
export {
  allowDivergence,
  dataFacts,
  outcomeOf,
  runExperiment,
  trialsToTrain,
  type ResultCache,
  type TrainTrials,
} from './run.js';
export { runRecord, summarise, type Circumstances, type RunRecord, type Summary } from './summary.js';
export type * from './types.js';

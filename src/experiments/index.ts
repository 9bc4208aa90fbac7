export { experimentById, experimentName, experiments, type KnownExperiment } from './catalogue.js';
export {
  caveatOf,
  conclude,
  concludeDiverged,
  divergedTrainings,
  divergenceRecord,
  refuseDiverged,
  selected,
  type DivergenceRecord,
} from './conclude.js';
export { mostConfused } from './measures.js';
export {
  describeSettings,
  planExperiment,
  resultKey,
  trainingKey,
  trialsOf,
  withSelectedBatchSize,
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

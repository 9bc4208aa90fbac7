export { experimentById, experimentName, experiments } from './catalogue.js';
export {
  caveatOf,
  conclude,
  divergedTrainings,
  divergenceRecord,
  refuseDiverged,
  selected,
} from './conclude.js';
export { mostConfused } from './measures.js';
export {
  describeSettings,
  planExperiment,
  resultKey,
  trialsOf,
  withSelectedBatchSize,
  type Overrides,
} from './plan.js';
export { allowDivergence, outcomeOf, trialsToTrain, type ResultCache, type Trained } from './run.js';
export { runRecord, summarise, type Circumstances, type RunRecord, type Summary } from './summary.js';
export type * from './types.js';
export { cutUnits, mostUnits, type Unit } from './units.js';

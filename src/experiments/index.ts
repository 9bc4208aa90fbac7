export {
  experimentById,
  experimentHeading,
  experimentName,
  experiments,
  type KnownExperiment,
} from './catalogue.js';
export {
  definitionFile,
  definitionOf,
  definitionSchema,
  experimentOf,
  mostPoints,
  sweepDefinition,
} from './definition.js';
export { concludeSweep } from './lessons/sweep.js';
export { readAxes, type Axes } from './points.js';
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
export { allowDivergence, outcomeOf, trainPlanned, trialsToTrain, type ResultCache } from './run.js';
export { runRecord, summarise, type Circumstances, type RunRecord, type Summary } from './summary.js';
export type * from './types.js';
export { cutUnits, mostUnits, type Unit } from './units.js';

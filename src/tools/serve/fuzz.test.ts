import { fuzzTests } from '../../testing/fuzz/suite.js';
import { jsonTarget, relyOn } from '../../testing/fuzz/target.js';
import { parseMetricsRow } from '../../runs/metrics.js';
import { row } from './testing/site.js';

const metricsTarget = jsonTarget(
  'metrics',
  [JSON.stringify(row(3)), JSON.stringify(row(1, { valLoss: null, valAccuracy: null, seconds: null }))],
  (text) => {
    const read = parseMetricsRow(text);
    relyOn(read === null || (read.epoch > 0 && Number.isFinite(read.trainLoss)), 'it is no epoch');
  },
  { kinds: [] },
);

fuzzTests([metricsTarget]);

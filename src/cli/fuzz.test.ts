import { fuzzTests } from '../testing/fuzz/suite.js';
import { commandLineTargets } from './testing/fuzz-command-lines.js';
import { summaryTarget } from './testing/fuzz-runs.js';
import { settingsTargets } from './testing/fuzz-settings.js';

fuzzTests([...settingsTargets, summaryTarget, ...commandLineTargets]);

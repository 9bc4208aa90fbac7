import { fuzzTests } from '../testing/fuzz/suite.js';
import { formatTargets } from './testing/fuzz-targets.js';

fuzzTests(formatTargets);

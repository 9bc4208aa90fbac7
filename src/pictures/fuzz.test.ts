import { fuzzTests } from '../testing/fuzz/suite.js';
import { pictureTarget } from './testing/fuzz-targets.js';

fuzzTests([pictureTarget]);

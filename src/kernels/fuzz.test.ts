import { fuzzTests } from '../testing/fuzz/suite.js';
import { jsonTarget, relyOn } from '../testing/fuzz/target.js';
import { parseTuning, tuningText, type Tuning } from './index.js';

const tuning: Tuning = {
  adapter: 'an adapter',
  subgroupSize: 8,
  entries: [
    { kernel: 'dense_forward', rows: 32, columns: 256, inner: 784, variant: 'register' },
    { variant: 'tile', columns: 8 },
  ],
};

const tuningTarget = jsonTarget(
  'tuning',
  [tuningText(tuning), tuningText({ adapter: 'a', subgroupSize: null, entries: [] })],
  (text) => {
    const read = parseTuning(text, 'tuning.json');
    relyOn(
      tuningText(parseTuning(tuningText(read), 'again')) === tuningText(read),
      'it is not written as it was read',
    );
  },
  { kinds: ['bad-file'] },
);

fuzzTests([tuningTarget]);

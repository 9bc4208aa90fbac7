/** How a command line names a network of a run. */
import type { Word } from './command-help.js';
import { defaulting } from './option.js';
import { counted, named, oneOf } from './shared-options.js';

/** The run whose network it is. */
export const runWord: Word = {
  name: 'RUN',
  help: 'the directory of a run, such as runs/final-20261122-171530, or latest',
};

/** Options that choose a network. */
export const networkOptions = {
  variant: named('--variant', 'NAME', 'a variant of the run (default: that of the selected network)'),
  seed: counted('--seed', 'N', 'a seed of the run (default: that of the selected network)', [
    0,
    Number.MAX_SAFE_INTEGER,
  ]),
  which: defaulting(
    oneOf('--which', 'the weights that the results were measured with, or those of the last epoch', [
      'best',
      'last',
    ]),
    'best',
  ),
};

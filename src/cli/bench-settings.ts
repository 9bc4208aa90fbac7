/** The options of scripts/bench.js, and what they mean once every value is checked. */
import { EngineError } from '../base/errors.js';
import { maxTrials } from '../kernels/tables.js';
import type { OptionSpec, ParsedArguments } from './arguments.js';
import type { BenchSettings } from '../tools/bench/settings.js';
import { name, wholeNumber, wholeNumbers } from './values.js';

export const benchOptions: readonly OptionSpec[] = [
  { flag: '--batch', value: 'N,N', help: 'batch sizes (default 32,128,256)' },
  { flag: '--rounds', value: 'R', help: 'rounds; in each, everyone is measured once (default 5)' },
  { flag: '--steps', value: 'N', help: 'steps per round (default: what takes each about 1.5 s)' },
  {
    flag: '--peers',
    value: null,
    help: 'measure TensorFlow.js, jax-js and PyTorch beside it; npm packages are installed into the cache directory',
  },
  {
    flag: '--trials',
    value: 'N',
    help: 'instead: N trials side by side in one program, beside as many one after another',
  },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  {
    flag: '--tuning',
    value: 'FILE',
    help: "kernel variants as node scripts/tune.js chose them on this adapter, before the rules' choices",
  },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'the tables only, no progress' },
  { flag: '--help', value: null, help: 'this text' },
];

/**
 * Checks the values, and that they go together.
 * @throws EngineError `usage`
 */
export function benchSettings(given: ParsedArguments): BenchSettings {
  const read = <T>(flag: string, check: (flag: string, text: string) => T): T | undefined => {
    const text = given.get(flag);
    return text === undefined ? undefined : check(flag, text);
  };
  const settings = {
    batches: [...new Set(wholeNumbers('--batch', given.get('--batch') ?? '32,128,256', 1, 65_536))],
    rounds: wholeNumber('--rounds', given.get('--rounds') ?? '5', 1, 1000),
    steps: read('--steps', (flag, text) => wholeNumber(flag, text, 1, 1_000_000)) ?? null,
    peers: given.has('--peers'),
    trials: read('--trials', (flag, text) => wholeNumber(flag, text, 2, maxTrials)) ?? 1,
    adapter: read('--adapter', name),
    tuning: read('--tuning', name),
  };
  if (settings.peers && given.has('--trials'))
    throw new EngineError('usage', '--peers and --trials do not go together', {
      found: '--peers --trials',
      expected: 'one of them: each measures something else',
    });
  return { mode: given.has('--trials') ? 'trials' : 'steps', ...settings };
}

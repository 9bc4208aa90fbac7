/** The options of scripts/bench.js, and what they mean once every value is checked. */
import { EngineError } from '../base/errors.js';
import { parseDataSpec } from '../data/spec.js';
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
  {
    flag: '--start',
    value: null,
    help: 'instead: train.js --exp 6 from the start of its process to its first training step, phase by phase',
  },
  {
    flag: '--data',
    value: 'auto|kmnist|synthetic[:TRAIN[/TEST]]|DIR',
    help: 'with --start: the images (default: files of the synthetic set, drawn beforehand; synthetic is drawn while the time runs)',
  },
  {
    flag: '--targets',
    value: null,
    help: 'with --peers or --trials: the ratios that the project means to reach; those to peers are of a software adapter',
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

/** Options that say what is measured: at most one of them. */
const modes = ['--peers', '--trials', '--start'] as const;

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
    targets: given.has('--targets'),
    trials: read('--trials', (flag, text) => wholeNumber(flag, text, 2, maxTrials)) ?? 1,
    data: given.get('--data'),
    adapter: read('--adapter', name),
    tuning: read('--tuning', name),
  };
  if (settings.data !== undefined) parseDataSpec(settings.data);
  const chosen = modes.filter((flag) => given.has(flag));
  if (chosen.length > 1)
    throw new EngineError('usage', `${chosen.join(' and ')} do not go together`, {
      found: chosen.join(' '),
      expected: 'one of them: each measures something else',
    });
  refuse(given, ['--batch', '--steps'], '--start', 'it times train.js --exp 6 as it is');
  if (given.has('--data') && !given.has('--start'))
    throw new EngineError('usage', '--data needs --start', {
      found: '--data without --start',
      expected: '--start --data: the steps that are timed train on random images',
    });
  if (settings.targets && !given.has('--peers') && !given.has('--trials'))
    throw new EngineError('usage', '--targets needs --peers or --trials', {
      found: '--targets without them',
      expected: '--peers --targets or --trials 15 --targets: the targets are ratios',
    });
  const mode = given.has('--start') ? 'start' : given.has('--trials') ? 'trials' : 'steps';
  return { mode, ...settings };
}

/** Options that would be ignored are mistakes. */
function refuse(given: ParsedArguments, flags: readonly string[], beside: string, why: string): void {
  const flag = given.has(beside) ? flags.find((each) => given.has(each)) : undefined;
  if (flag === undefined) return;
  throw new EngineError('usage', `${flag} does not go with ${beside}`, {
    found: `${beside} ${flag}`,
    expected: `${beside} without it: ${why}`,
  });
}

/** The command line of scripts/train.js: its options, and what they mean once every value is checked. */
import { parseDataSpec } from '../data/resolve.js';
import { experiments, type ExperimentId, type Overrides } from '../experiments/index.js';
import { defaultCheckpointSeconds } from '../runs/index.js';
import { parseArguments, type OptionSpec, type ParsedArguments } from './arguments.js';
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';
import { name, oneOf, realNumber, wholeNumber, wholeNumbers } from './values.js';

export const trainOptions: readonly OptionSpec[] = [
  {
    flag: '--exp',
    value: '0..6|final|all',
    help: 'the experiment; all runs every one and ends with a table',
  },
  {
    flag: '--data',
    value: 'auto|kmnist|synthetic[:TRAIN[/TEST]]|DIR',
    help: 'the images (default auto: KMNIST if it can be had, else synthetic)',
  },
  {
    flag: '--out',
    value: 'DIR',
    help: 'where the run goes (default runs/exp6-DATE-TIME; runs/latest leads to it)',
  },
  { flag: '--overwrite', value: null, help: 'replace a run that is in the directory' },
  {
    flag: '--config',
    value: 'FILE',
    help: 'the options of an earlier run, from its config.json; what is given beside it counts',
  },
  {
    flag: '--resume',
    value: '[RUN|latest]',
    help: 'continue a run that was stopped or killed, bit by bit; its options come from its config.json',
  },
  {
    flag: '--checkpoint-every',
    value: 'SECONDS',
    help: 'least time between two checkpoints (default 10; 0: after every epoch)',
  },
  {
    flag: '--tensorboard',
    value: null,
    help: 'write event files into the run while it trains; tensorboard --logdir runs shows them',
  },
  { flag: '--seed', value: 'N', help: 'the first seed (default 0)' },
  {
    flag: '--seeds',
    value: 'K',
    help: 'train K seeds from --seed on, report mean ± standard deviation (default 1)',
  },
  { flag: '--epochs', value: 'N', help: 'the largest number of epochs' },
  { flag: '--patience', value: 'N', help: 'stop after N epochs without a better validation loss' },
  { flag: '--batch-size', value: 'N', help: 'images per step' },
  { flag: '--lr', value: 'X', help: "Adam's learning rate" },
  { flag: '--dropout', value: 'P', help: 'probability of dropping an activation of the first hidden layer' },
  { flag: '--weight-decay', value: 'X', help: 'λ of the weight decay' },
  {
    flag: '--decay',
    value: 'decoupled|l2',
    help: 'AdamW (default), or λ·w in the gradient as the series has it',
  },
  { flag: '--hidden', value: '256,128', help: 'widths of the hidden layers' },
  { flag: '--adapter', value: 'NAME', help: "part of the adapter's name, where there are several" },
  {
    flag: '--tuning',
    value: 'FILE',
    help: "kernel variants as node scripts/tune.js chose them on this adapter, before the rules' choices",
  },
  { flag: '--no-fuse', value: null, help: 'one kernel per operation' },
  {
    flag: '--profile',
    value: null,
    help: 'time a step of each submit kernel by kernel, and tell where the time goes (costs about 1 %)',
  },
  {
    flag: '--trace',
    value: 'FILE',
    help: 'write what host and adapter did, for https://ui.perfetto.dev; profiles, too',
  },
  {
    flag: '--print-plan',
    value: null,
    help: 'print the step (operations, kernels, buffers) and train nothing',
  },
  {
    flag: '--print-graph',
    value: null,
    help: 'print the step as a Mermaid flowchart and train nothing',
  },
  { flag: '--json', value: null, help: 'one JSON object per line on stdout; text for people goes to stderr' },
  { flag: '--quiet', value: null, help: 'results only, no progress' },
  { flag: '--list', value: null, help: 'list the experiments' },
  { flag: '--help', value: null, help: 'this text' },
  { flag: '--version', value: null, help: 'the version' },
];

/** What commands beside train.js say of a training in its words: data, network, adapter, and how to tell it. */
export const sharedTrainFlags: readonly string[] = [
  '--data',
  '--seed',
  '--batch-size',
  '--lr',
  '--dropout',
  '--weight-decay',
  '--decay',
  '--hidden',
  '--adapter',
  '--tuning',
  '--no-fuse',
  '--json',
  '--quiet',
  '--help',
];

export const trainHelpCommand = 'node scripts/train.js --help';

/** What a command line asks for. */
export type TrainRequest =
  | { readonly kind: 'help' | 'version' | 'list'; readonly json: boolean }
  | ({ readonly kind: 'train' | 'print-plan' | 'print-graph' } & TrainSettings);

export interface TrainSettings {
  /** One experiment, or all of them in their order. */
  readonly experiment: ExperimentId | 'all';
  readonly data: string;
  /** As given; undefined for the default. */
  readonly out: string | undefined;
  readonly overwrite: boolean;
  /** The directory of a run that goes on; undefined begins one. */
  readonly resume: string | undefined;
  /** Least seconds between two checkpoints. */
  readonly checkpointSeconds: number;
  /** Whether event files for TensorBoard are written. */
  readonly tensorboard: boolean;
  readonly seeds: readonly number[];
  readonly overrides: Overrides;
  readonly adapter: string | undefined;
  /** A tuning file; undefined leaves every choice to the rules. */
  readonly tuning: string | undefined;
  readonly fuse: boolean;
  readonly profile: boolean;
  /** The file for a trace; undefined for none. */
  readonly trace: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** More would be a mistake, and would not fit any device. */
const mostSeeds = 1000;
const mostEpochs = 1_000_000;
const largestWidth = 65_536;
const mostLayers = 32;

/**
 * Checks a command line without touching a file or an adapter.
 * @throws EngineError `usage`
 */
export function parseTrainOptions(argv: readonly string[]): TrainRequest {
  const given = parseArguments(trainOptions, argv, trainHelpCommand);
  const json = given.has('--json');
  // Every value is checked even where it is not used, so that a mistake never passes in silence.
  const settings = trainSettings(given);
  if (given.has('--help')) return { kind: 'help', json };
  if (given.has('--version')) return { kind: 'version', json };
  if (given.has('--list')) return { kind: 'list', json };
  requireResumeAlone(given);
  const text = given.get('--exp');
  if (text === undefined)
    throw new EngineError('usage', '--exp is missing', {
      expected: `--exp with one of ${experimentNames.join(', ')}`,
      remedy: 'for example node scripts/train.js --exp 6; --list shows what each one trains',
    });
  const printed = (['print-plan', 'print-graph'] as const).find((what) => given.has(`--${what}`));
  const kind = printed ?? 'train';
  const experiment = experimentOf(text);
  if (experiment === 'all' && settings.trace !== undefined)
    throw new EngineError('usage', '--trace cannot be had of --exp all', {
      expected: 'one experiment at a time',
      remedy: `for example node scripts/train.js --exp 6 --trace ${settings.trace}`,
    });
  return { kind, experiment, ...settings };
}

/** A run that goes on has its place and its options already. */
function requireResumeAlone(given: ParsedArguments): void {
  const other = ['--out', '--overwrite', '--config'].find((flag) => given.has(flag));
  if (!given.has('--resume') || other === undefined) return;
  throw new EngineError('usage', `${other} cannot be given with --resume`, {
    expected: 'a run that goes on where it is, with the options that it began with',
    remedy: `leave out ${other}, or leave out --resume to begin anew`,
  });
}

const experimentNames = [...experiments.map(({ id }) => String(id)), 'all'];

/** The experiment that `--exp` names. @throws EngineError `usage` */
export function experimentOf(text: string): ExperimentId | 'all' {
  if (text === 'all') return text;
  const experiment = experiments.find(({ id }) => String(id) === text);
  if (experiment !== undefined) return experiment.id;
  const number = /^exp[-_ ]?(.+)$/i.exec(text)?.[1];
  const meant = experimentNames.find((each) => each === number) ?? suggest(text, ['final', 'all']);
  throw new EngineError('usage', `--exp cannot be ${JSON.stringify(text)}`, {
    expected: `one of ${experimentNames.join(', ')}`,
    remedy: meant === undefined ? '--list shows what each one trains' : `did you mean --exp ${meant}?`,
  });
}

/** Widths stand in the names of variants, and so in those of files, which have to be shorter than 256 characters. */
function hiddenWidths(flag: string, text: string): number[] {
  const widths = wholeNumbers(flag, text, 1, largestWidth);
  if (widths.length <= mostLayers) return widths;
  throw new EngineError('usage', `${flag} names ${widths.length} layers`, {
    expected: `at most ${mostLayers}`,
    remedy: 'name fewer',
  });
}

/** Every setting but the experiment, checked; options that a command does not have keep their defaults. */
export function trainSettings(given: ParsedArguments): Omit<TrainSettings, 'experiment'> {
  const read = <T>(flag: string, check: (flag: string, text: string) => T): T | undefined => {
    const text = given.get(flag);
    return text === undefined ? undefined : check(flag, text);
  };
  const exp = given.get('--exp');
  if (exp !== undefined) experimentOf(exp);
  read('--config', name);
  const data = given.get('--data') ?? 'auto';
  parseDataSpec(data);
  const count = read('--seeds', (flag, text) => wholeNumber(flag, text, 1, mostSeeds)) ?? 1;
  const first =
    read('--seed', (flag, text) => wholeNumber(flag, text, 0, Number.MAX_SAFE_INTEGER - mostSeeds)) ?? 0;
  const overrides = {
    hidden: read('--hidden', hiddenWidths),
    dropout: read('--dropout', (flag, text) =>
      realNumber(flag, text, 'from 0 to less than 1', (p) => p >= 0 && p < 1),
    ),
    weightDecay: read('--weight-decay', (flag, text) =>
      realNumber(flag, text, 'of at least 0, finite in float32', (decay) => decay >= 0),
    ),
    decay: read('--decay', (flag, text) => oneOf(flag, text, ['decoupled', 'l2'])),
    learningRate: read('--lr', (flag, text) =>
      realNumber(flag, text, 'above 0, finite in float32', (rate) => rate > 0),
    ),
    batchSize: read('--batch-size', (flag, text) => wholeNumber(flag, text, 1, largestWidth)),
    epochs: read('--epochs', (flag, text) => wholeNumber(flag, text, 1, mostEpochs)),
    patience: read('--patience', (flag, text) => wholeNumber(flag, text, 1, mostEpochs)),
  };
  return {
    data,
    out: read('--out', name),
    overwrite: given.has('--overwrite'),
    resume: read('--resume', name),
    checkpointSeconds:
      read('--checkpoint-every', (flag, text) =>
        realNumber(flag, text, 'of at least 0', (seconds) => seconds >= 0),
      ) ?? defaultCheckpointSeconds,
    tensorboard: given.has('--tensorboard'),
    seeds: Array.from({ length: count }, (_, index) => first + index),
    overrides: Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined)),
    adapter: read('--adapter', name),
    tuning: read('--tuning', name),
    fuse: !given.has('--no-fuse'),
    profile: given.has('--profile') || given.has('--trace'),
    trace: read('--trace', name),
    json: given.has('--json'),
    quiet: given.has('--quiet'),
  };
}

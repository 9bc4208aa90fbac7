/** The options of a training, each declared once, and what they mean together. */
import { check } from '../base/schema.js';
import { suggest } from '../base/suggest.js';
import { EngineError } from '../base/errors.js';
import { parseDataSpec } from '../data/resolve.js';
import { experiments, type ExperimentId, type Overrides } from '../experiments/index.js';
import { latestName, defaultCheckpointSeconds } from '../runs/index.js';
import { optionKeys, settings, type OptionKey, type Setting, type TrainConfig } from '../train/settings.js';
import { switchOption, withDefaults, type Given, type Option } from './option.js';
import { name, realNumber, refused, wholeNumber } from './values.js';

/** More seeds would be a mistake, and would not fit any device. */
const mostSeeds = 1000;

const experimentNames = [...experiments.map(({ id }) => String(id)), 'all'];

/** The experiment that `--exp` names. @throws EngineError `usage` */
export function experimentOf(text: string): ExperimentId | 'all' {
  if (text === 'all') return text;
  const experiment = experiments.find(({ id }) => String(id) === text);
  if (experiment !== undefined) return experiment.id;
  const number = /^exp[-_ ]?(.+)$/i.exec(text)?.[1];
  const meant = experimentNames.find((each) => each === number) ?? suggest(text, ['final', 'all']);
  throw refused(
    '--exp',
    text,
    `one of ${experimentNames.join(', ')}`,
    meant === undefined ? '--list shows what each one trains' : `did you mean --exp ${meant}?`,
  );
}

/** The options of the settings; each value is checked by the setting's schema. */
const settingOptions = Object.fromEntries(optionKeys.map((key) => [key, settingOption(settings[key])])) as {
  readonly [K in OptionKey]: Option<TrainConfig[K]>;
};

function settingOption({
  name,
  value,
  help,
  synonyms = [],
  choices,
  parse,
  schema,
}: Setting<unknown>): Option<unknown> {
  return {
    flag: `--${name}`,
    value,
    help,
    synonyms,
    section: 'training',
    read: (text, flag) => {
      const found = check(schema, parse(text));
      if (found.fault === null) return found.value;
      const meant = choices && suggest(text, choices);
      throw refused(flag, text, found.fault.expected, meant && `did you mean ${flag} ${meant}?`);
    },
  };
}

/** A value that names something, such as a file. */
function named(flag: string, value: string, help: string): Option<string> {
  return { flag, value, help, read: (text) => name(flag, text) };
}

/** What every command has that trains: what is trained, on which data, and on which adapter. */
export const sharedTrainOptions = {
  data: {
    flag: '--data',
    value: 'auto|kmnist|synthetic[:TRAIN[/TEST]]|DIR',
    help: 'the images (default auto: KMNIST if it can be had, else synthetic)',
    read: (text: string) => {
      parseDataSpec(text);
      return text;
    },
    standard: 'auto',
  },
  seed: {
    flag: '--seed',
    value: 'N',
    help: 'the first seed (default 0)',
    read: (text: string, flag: string) => wholeNumber(flag, text, 0, Number.MAX_SAFE_INTEGER - mostSeeds),
    standard: 0,
  },
  seeds: {
    flag: '--seeds',
    value: 'K',
    help: 'train K seeds from --seed on, report mean ± standard deviation (default 1)',
    read: (text: string, flag: string) => wholeNumber(flag, text, 1, mostSeeds),
    standard: 1,
  },
  ...settingOptions,
  adapter: named('--adapter', 'NAME', "part of the adapter's name, where there are several"),
  tuning: named(
    '--tuning',
    'FILE',
    "kernel variants as node scripts/tune.js chose them on this adapter, before the rules' choices",
  ),
  noFuse: switchOption('--no-fuse', 'one kernel per operation'),
};

/** The options of `train` that its config.json records, in the order of the file; `--config` and `--resume` read them back. */
export const recordedOptions = {
  experiment: {
    flag: '--exp',
    value: '0..6|final|all',
    help: 'the experiment; all runs every one and ends with a table',
    read: experimentOf,
  },
  ...sharedTrainOptions,
  profile: switchOption(
    '--profile',
    'time a step of each submit kernel by kernel, and tell where the time goes (costs about 1 %)',
  ),
};

/** The options of `train`. */
export const trainOptions = {
  ...recordedOptions,
  out: named('--out', 'DIR', 'where the run goes (default runs/exp6-DATE-TIME; runs/latest leads to it)'),
  overwrite: switchOption('--overwrite', 'replace a run that is in the directory'),
  config: named(
    '--config',
    'FILE',
    'the options of an earlier run, from its config.json; what is given beside it counts',
  ),
  resume: {
    ...named(
      '--resume',
      '[RUN|latest]',
      'continue a run that was stopped or killed, bit by bit; its options come from its config.json',
    ),
    bare: latestName,
  },
  checkpointSeconds: {
    flag: '--checkpoint-every',
    value: 'SECONDS',
    help: 'least time between two checkpoints (default 10; 0: after every epoch)',
    read: (text: string, flag: string) => realNumber(flag, text, 'of at least 0', (seconds) => seconds >= 0),
    standard: defaultCheckpointSeconds,
  },
  tensorboard: switchOption(
    '--tensorboard',
    'write event files into the run while it trains; tensorboard --logdir runs shows them',
  ),
  trace: named(
    '--trace',
    'FILE',
    'write what host and adapter did, for https://ui.perfetto.dev; profiles, too',
  ),
  printPlan: switchOption('--print-plan', 'print the step (operations, kernels, buffers) and train nothing'),
  printGraph: switchOption('--print-graph', 'print the step as a Mermaid flowchart and train nothing'),
  list: switchOption('--list', 'list the experiments'),
};

export type SharedGiven = Given<typeof sharedTrainOptions>;
export type TrainGiven = Given<typeof trainOptions>;

/** What every command that trains works with. */
export interface SharedTrainSettings {
  readonly data: string;
  readonly seeds: readonly number[];
  readonly overrides: Overrides;
  readonly adapter: string | undefined;
  /** A tuning file; undefined leaves every choice to the rules. */
  readonly tuning: string | undefined;
  readonly fuse: boolean;
}

/** What `train` works with. */
export interface TrainSettings extends SharedTrainSettings {
  /** One experiment, or all of them in their order. */
  readonly experiment: ExperimentId | 'all';
  /** As given; undefined for the default. */
  readonly out: string | undefined;
  readonly overwrite: boolean;
  /** The directory of a run that is resumed; undefined begins one. */
  readonly resume: string | undefined;
  /** Least seconds between two checkpoints. */
  readonly checkpointSeconds: number;
  /** Whether event files for TensorBoard are written. */
  readonly tensorboard: boolean;
  readonly profile: boolean;
  /** The file for a trace; undefined for none. */
  readonly trace: string | undefined;
}

/** Options that a command does not have keep their defaults. */
export function sharedTrainSettings(given: SharedGiven): SharedTrainSettings {
  const { data, seed, seeds, adapter, tuning, noFuse } = withDefaults(sharedTrainOptions, given);
  return {
    data,
    seeds: Array.from({ length: seeds }, (_, index) => seed + index),
    overrides: Object.fromEntries(
      optionKeys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]),
    ),
    adapter,
    tuning,
    fuse: !noFuse,
  };
}

/** @throws EngineError `usage` for options that do not fit each other */
export function trainSettings(given: TrainGiven): TrainSettings {
  const { experiment, out, overwrite, resume, checkpointSeconds, tensorboard, profile, trace } = withDefaults(
    trainOptions,
    given,
  );
  if (experiment === undefined)
    throw new EngineError('usage', '--exp is missing', {
      expected: `--exp with one of ${experimentNames.join(', ')}`,
      remedy: 'for example node scripts/train.js --exp 6; --list shows what each one trains',
    });
  if (experiment === 'all' && trace !== undefined)
    throw new EngineError('usage', '--trace does not go with --exp all', {
      expected: 'one experiment at a time',
      remedy: `for example node scripts/train.js --exp 6 --trace ${trace}`,
    });
  return {
    experiment,
    ...sharedTrainSettings(given),
    out,
    overwrite,
    resume,
    checkpointSeconds,
    tensorboard,
    profile: profile || trace !== undefined,
    trace,
  };
}

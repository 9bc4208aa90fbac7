/** The options of a training, each declared once, and what they mean together. */
import { check } from '../base/schema.js';
import { suggest } from '../base/suggest.js';
import { EngineError, refused } from '../base/errors.js';
import {
  experiments,
  readAxes,
  type Axes,
  type Definition,
  mostPoints,
  type ExperimentId,
  type KnownExperiment,
  type Overrides,
} from '../experiments/index.js';
import { latestName, defaultCheckpointSeconds } from '../runs/index.js';
import { settingKeys, settings, type SettingKey, type Setting, type TrainConfig } from '../train/settings.js';
import { commandLine } from '../platform/command-line.js';
import {
  defaulting,
  under,
  underAll,
  switchOption,
  withDefaults,
  type Given,
  type Option,
} from './option.js';
import { adapter, counted, images, named, overwrite, seconds, tuning } from './shared-options.js';
import { unitLimit, requireUnitOptions, unitOption } from './train/unit-option.js';

/** More seeds would be a mistake. */
const mostSeeds = 10_000;

/** What `--exp` can name where one experiment is taken at a time. */
export const singleExperiments: readonly KnownExperiment[] = experiments.map(({ id }) => id);
const allExperiments: readonly (KnownExperiment | 'all')[] = [...singleExperiments, 'all'];

export function experimentOption<T extends ExperimentId | 'all'>(
  help: string,
  known: readonly T[],
): Option<T> & { readonly value: string } {
  const names = known.map(String);
  const read = (text: string, flag: string): T => {
    const found = known.find((each) => String(each) === text);
    if (found !== undefined) return found;
    const number = /^exp[-_ ]?(.+)$/i.exec(text)?.[1];
    const meant = names.find((each) => each === number) ?? suggest(text, ['final', 'all']);
    throw refused(
      flag,
      text,
      `one of ${names.join(', ')}`,
      meant === undefined
        ? `${commandLine('train', '--list')} shows what each one trains`
        : `did you mean --exp ${meant}?`,
    );
  };
  const numbers = known.filter((each) => typeof each === 'number');
  const value = [`${Math.min(...numbers)}..${Math.max(...numbers)}`, ...names.slice(numbers.length)].join(
    '|',
  );
  return { flag: '--exp', value, help, read, section: 'training' };
}

/** @param example a command line that names one. @throws EngineError `usage` if none was named */
export function requireExperiment<T>(experiment: T | undefined, known: readonly T[], example: string): T {
  if (experiment !== undefined) return experiment;
  throw new EngineError('usage', '--exp is missing', {
    expected: `--exp with one of ${known.join(', ')}`,
    remedy: `for example ${example}; ${commandLine('train', '--list')} shows what each one trains`,
  });
}

/** The options of the settings; each value is checked by the setting's schema. */
const settingOptions = Object.fromEntries(settingKeys.map((key) => [key, settingOption(settings[key])])) as {
  readonly [K in SettingKey]: Option<TrainConfig[K]>;
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

/** What every command has that trains: what is trained, on which data, and on which adapter. */
export const sharedTrainOptions = {
  data: defaulting(
    images('--data', 'the images; auto is KMNIST if it can be loaded, else synthetic'),
    'auto',
  ),
  seed: defaulting(
    under('training', counted('--seed', 'N', 'the first seed', [0, Number.MAX_SAFE_INTEGER - mostSeeds])),
    0,
  ),
  seeds: defaulting(
    under(
      'training',
      counted('--seeds', 'K', 'train K seeds from --seed on, report mean ± standard deviation', [
        1,
        mostSeeds,
      ]),
    ),
    1,
  ),
  ...settingOptions,
  adapter,
  tuning,
  noFuse: under('adapter', switchOption('--no-fuse', 'one kernel per operation')),
};

/** What config.json records of `train`, in its order; `--config` and `--resume` read it back. */
export const recordedOptions = {
  experiment: experimentOption('the experiment; all runs every one and ends with a table', allExperiments),
  ...sharedTrainOptions,
  mixed: under(
    'the run',
    switchOption('--mixed', 'with --resume: let another adapter go on, with other bits; the record says so'),
  ),
  units: under(
    'the run',
    counted('--units', 'N', 'make a run of N units for several processes or machines, train nothing yet', [
      1,
      unitLimit,
    ]),
  ),
  profile: under(
    'look inside',
    switchOption(
      '--profile',
      'time a step of each submit kernel by kernel, and tell where the time goes (costs about 1 %)',
    ),
  ),
};

/** A sweep of one's own; config.json keeps what they come to as an experiment. */
const sweepOptions = underAll('a sweep of your own', {
  sweep: {
    flag: '--sweep',
    value: 'NAME=A,B,C',
    help:
      'train a grid of settings; once per setting. lr=1e-4,1e-3; hidden=128/256,128; ' +
      'with --sample also ranges: lr=1e-4..1e-2:log',
    read: readAxes,
    repeats: true,
  } satisfies Option<Axes>,
  sample: counted('--sample', 'N', 'train N points of the sweep, drawn at random by --seed', [1, mostPoints]),
  halving: counted(
    '--halving',
    'K',
    'train all for a few epochs, the best 1 in K for K times as many, and so on to the end',
    [2, 100],
  ),
  experimentFile: named('--experiment', 'FILE', 'train the experiment that a JSON file describes'),
});

export const trainOptions = {
  ...recordedOptions,
  ...sweepOptions,
  ...underAll('the run', {
    out: named('--out', 'DIR', 'where the run goes (default runs/exp6-DATE-TIME; runs/latest leads to it)'),
    overwrite: overwrite('a run that is in the directory'),
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
      ...seconds(
        '--checkpoint-every',
        `least time between two checkpoints (default ${defaultCheckpointSeconds}; 0: after every epoch)`,
        'of at least 0',
      ),
      standard: defaultCheckpointSeconds,
    },
    unit: unitOption,
    tensorboard: switchOption(
      '--tensorboard',
      'write event files into the run while it trains; tensorboard --logdir runs shows them',
    ),
  }),
  ...underAll('look inside', {
    trace: named(
      '--trace',
      'FILE',
      'write what host and adapter did, for https://ui.perfetto.dev; profiles, too',
    ),
    printPlan: switchOption(
      '--print-plan',
      'print the step (operations, kernels, buffers) and train nothing',
    ),
    printGraph: switchOption('--print-graph', 'print the step as a Mermaid flowchart and train nothing'),
    list: switchOption('--list', 'list the experiments'),
    printExperiment: {
      ...experimentOption(
        'print an experiment as a file for --experiment, and train nothing',
        singleExperiments,
      ),
      flag: '--print-experiment',
    },
  }),
};

/** Those of them that a single step has: it is the same in every epoch. */
export const stepOptions = without(sharedTrainOptions, ['epochs', 'patience']);

function without<O extends object, K extends keyof O>(options: O, keys: readonly K[]): Omit<O, K> {
  const left = Object.entries(options).filter(([name]) => !keys.includes(name as K));
  return Object.fromEntries(left) as Omit<O, K>;
}

export type TrainGiven = Given<typeof trainOptions>;

/** What was asked for, files read: the sweep, the experiment file or the config.json as a definition. */
export type Asked = TrainGiven & { readonly definition?: Definition };

/** What every command that trains works with; options that it does not have keep their defaults. */
export type SharedTrainSettings = ReturnType<typeof sharedTrainSettings>;

export function sharedTrainSettings(given: Given<typeof sharedTrainOptions>) {
  const { data, seed, seeds: count, adapter, tuning, noFuse } = withDefaults(sharedTrainOptions, given);
  const seeds: readonly number[] = Array.from({ length: count }, (_, index) => seed + index);
  const replaced = settingKeys.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]);
  return {
    data,
    seeds,
    overrides: Object.fromEntries(replaced) as Overrides,
    adapter,
    tuning,
    fuse: !noFuse,
  };
}

export type TrainSettings = ReturnType<typeof trainSettings>;

/** @throws EngineError `usage` for options that do not fit each other */
export function trainSettings({ definition, ...given }: Asked) {
  const values = withDefaults(trainOptions, given);
  const { out, overwrite, resume, mixed, checkpointSeconds, tensorboard, trace } = values;
  const experiment: ExperimentId | 'all' =
    definition === undefined
      ? requireExperiment(values.experiment, allExperiments, commandLine('train', '--exp 6'))
      : 'sweep';
  for (const key of settingKeys.filter((each) => given.sweep?.[each] !== undefined))
    if (given[key] !== undefined)
      throw new EngineError('usage', `--${settings[key].name} is given, and swept`, {
        expected: 'one or the other',
        remedy: `leave out --${settings[key].name}, or --sweep ${settings[key].name}=...`,
      });
  if (experiment === 'all' && trace !== undefined)
    throw new EngineError('usage', '--trace does not go with --exp all', {
      expected: 'one experiment at a time',
      remedy: `for example ${commandLine('train', '--exp 6 --trace', trace)}`,
    });
  const profile = values.profile || trace !== undefined;
  const { unit, units = unit?.count } = values;
  requireUnitOptions({ ...values, unit, units, profile, halving: definition?.halving ?? null });
  const own = {
    experiment,
    definition,
    out,
    overwrite,
    resume,
    mixed,
    checkpointSeconds,
    tensorboard,
    profile,
    trace,
    unit,
    units,
  };
  return { ...own, ...sharedTrainSettings(given) };
}

/**
 * Every setting of a training, declared once: its type, range, default, name and help. The options of the
 * command line, config.json, the check of summary.json and of checkpoints, `createTrial`, the names of
 * variants and docs/settings.md all follow from here.
 */
import * as v from 'valibot';
import { EngineError } from '../base/errors.js';
import {
  check,
  exactRecord,
  finite,
  list,
  oneOf,
  openRecord,
  record,
  whole,
  type Schema,
} from '../base/schema.js';

export interface Setting<T> {
  /** On the command line (`lr` is `--lr`), in config.json and variant names. */
  readonly name: string;
  /** What other programs call the option. */
  readonly synonyms?: readonly string[];
  /** What the help calls a value of it. */
  readonly value: string;
  readonly help: string;
  /** What `createTrial` fills in. */
  readonly standard: T;
  /** What files meant that were written before it was added; undefined where every file has it. */
  readonly before?: T;
  readonly schema: Schema<T>;
  /** The value that a text stands for, not yet checked. */
  readonly parse: (text: string) => unknown;
  /** All values, where they are names. */
  readonly choices?: readonly string[];
}

/** The settings, in the order in which files and help list them. */
export const settings = {
  /** Widths of the hidden layers, from the input on. */
  hidden: {
    name: 'hidden',
    value: '256,128',
    help: 'widths of the hidden layers',
    standard: [128],
    ...widths(32, 65_536),
  },
  /** Dropout probability after the first hidden ReLU, or a list of one for each; 0 is none. */
  dropout: {
    name: 'dropout',
    value: 'P',
    help: 'probability of dropping an activation of the first hidden layer, or of each',
    standard: 0,
    ...oneOrEach(real('from 0 to less than 1', (value) => value >= 0 && value < 1)),
  },
  /** λ of the weight decay, at least 0. */
  weightDecay: {
    name: 'weight-decay',
    value: 'X',
    help: 'λ of the weight decay',
    standard: 0,
    ...real('of at least 0, finite in float32', (value) => value >= 0),
  },
  /** `decoupled` is AdamW; `l2` adds λ·w to the gradient, as `Adam(weight_decay=λ)` of PyTorch does. */
  decay: {
    name: 'decay',
    value: 'decoupled|l2',
    help: 'AdamW (default), or λ·w in the gradient as the series has it',
    standard: 'decoupled',
    ...choice(['decoupled', 'l2']),
  },
  /** `adamw`, or `sgd`: stochastic gradient descent with momentum. */
  optimizer: {
    name: 'optimizer',
    value: 'adamw|sgd',
    help: 'AdamW (default), or stochastic gradient descent with momentum',
    standard: 'adamw',
    before: 'adamw',
    ...choice(['adamw', 'sgd']),
  },
  /** What SGD keeps of its last update, from 0 to less than 1; AdamW has none. */
  momentum: {
    name: 'momentum',
    value: 'X',
    help: 'momentum of SGD; 0 is plain gradient descent',
    standard: 0.9,
    before: 0.9,
    ...real('from 0 to less than 1', (value) => value >= 0 && value < 1),
  },
  /** The largest norm of all gradients of a step together, above 0; null does not clip them. */
  clipNorm: {
    name: 'clip-norm',
    value: 'X|none',
    help: 'scale the gradients of a step down to this norm, over all parameters',
    standard: null,
    before: null,
    ...orNone(real('above 0, finite in float32', (value) => value > 0)),
  },
  /** The optimiser's step size, above 0. */
  learningRate: {
    name: 'lr',
    synonyms: ['--learning-rate'],
    value: 'X',
    help: 'learning rate of the optimiser',
    standard: 1e-3,
    ...real('above 0, finite in float32', (value) => value > 0),
  },
  /** What becomes of the learning rate from epoch to epoch, after the warm-up: see learning-rate.ts. */
  lrSchedule: {
    name: 'lr-schedule',
    value: 'constant|cosine|step|linear',
    help: 'the learning rate over the epochs',
    standard: 'constant',
    before: 'constant',
    ...choice(['constant', 'cosine', 'step', 'linear']),
  },
  /** Epochs in which the learning rate rises to its value, fewer than there are; 0 is none. */
  warmup: {
    name: 'warmup',
    value: 'N',
    help: 'epochs in which the learning rate rises to its value',
    standard: 0,
    before: 0,
    ...count(999_999, 0),
  },
  /** Share of the loss's target that is spread over all classes while training; 0 aims at the label alone. */
  labelSmoothing: {
    name: 'label-smoothing',
    value: 'P',
    help: "share of the training loss's target spread over all classes",
    standard: 0,
    before: 0,
    ...real('from 0 to less than 1', (value) => value >= 0 && value < 1),
  },
  /** Images per step; the last, smaller batch of an epoch is used, too. */
  batchSize: { name: 'batch-size', value: 'N', help: 'images per step', standard: 128, ...count(65_536) },
  /** The largest number of epochs. */
  epochs: {
    name: 'epochs',
    value: 'N',
    help: 'the largest number of epochs',
    standard: 50,
    ...count(1_000_000),
  },
  /** Epochs without a better validation loss before stopping; null never stops early. */
  patience: {
    name: 'patience',
    value: 'N|none',
    help: 'stop after N epochs without a better validation loss',
    standard: 10,
    ...orNone(count(1_000_000)),
  },
  /** Share of the training set held out for validation; 0 trains on everything. */
  validation: {
    name: 'validation',
    value: 'P',
    help: 'share of the training set held out for validation, 0 for none',
    standard: 0.2,
    ...real('from 0 to less than 1', (value) => value >= 0 && value < 1),
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

type Declared = typeof settings;

/** The name of a setting in code and in files. */
export type SettingKey = keyof Declared;

/** The settings of one training run: what a trial trains, and how. */
export type TrainConfig = { readonly [K in SettingKey]: v.InferOutput<Declared[K]['schema']> };

/** What `createTrial` fills in: one hidden layer, no regularisation, early stopping on a fifth held out. */
export const defaultConfig = fromEach(({ standard }) => standard) as TrainConfig;

export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** What files meant that were written before some settings were added. */
export const earlierSettings: Partial<TrainConfig> = Object.fromEntries(
  settingKeys.flatMap((key) => {
    const { before }: Setting<unknown> = settings[key];
    return before === undefined ? [] : [[key, before]];
  }),
);

/** The settings that a file says a network was trained with; those that were added later are filled in. */
export const configSchema = v.pipe(
  openRecord({}),
  v.transform((config) => ({ ...earlierSettings, ...config })),
  record(fromEach(({ schema }) => schema)),
) as unknown as Schema<TrainConfig>;

const exactConfig = exactRecord(fromEach(({ schema }) => schema) as Readonly<Record<SettingKey, Schema>>);

function fromEach<T>(take: (setting: Setting<unknown>) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, take(setting)]));
}

/** A setting's value as the command line spells it, such as `256,128`; `none` for null. */
export function settingText(config: TrainConfig, key: SettingKey): string {
  const value = config[key];
  if (value === null) return 'none';
  return typeof value === 'object' ? value.join(',') : String(value);
}

/** The probability of dropout after each hidden layer. */
export function dropoutByLayer({
  dropout,
  hidden,
}: Pick<TrainConfig, 'dropout' | 'hidden'>): readonly number[] {
  return typeof dropout === 'number' ? hidden.map((_, layer) => (layer === 0 ? dropout : 0)) : dropout;
}

/** Checks the settings of a trial, each and together. @throws EngineError `usage` naming the setting */
export function checkTrial({
  variant,
  seed,
  config,
}: {
  readonly variant: string;
  readonly seed: number;
  readonly config: TrainConfig;
}): void {
  const { fault } = check(record({ seed: whole(), config: exactConfig }), { seed, config });
  const refuse = (what: string, expected: string): never => {
    throw new EngineError('usage', `${variant}: ${what}`, { expected });
  };
  if (fault !== null) {
    const place = fault.path.replace(/^config\.?/, '');
    refuse(
      place === '' ? `its settings have ${fault.found}` : `${place} cannot be ${fault.found}`,
      fault.expected,
    );
  }
  const { dropout, epochs, hidden, momentum, optimizer, patience, validation, warmup } = config;
  const layers = `${hidden.length} hidden ${hidden.length === 1 ? 'layer' : 'layers'}`;
  if (typeof dropout !== 'number' && dropout.length !== hidden.length)
    refuse(
      `dropout cannot be ${dropout.join(',')} with ${layers}`,
      'a probability for each hidden layer, or a single one for the first',
    );
  if (typeof dropout === 'number' && dropout > 0 && hidden.length === 0)
    refuse(`dropout cannot be ${dropout}`, '0 in a network without hidden layers: it follows the first one');
  if (optimizer !== 'sgd' && momentum !== settings.momentum.standard)
    refuse(
      `momentum cannot be ${momentum} with the optimizer ${optimizer}`,
      `${settings.momentum.standard}, which only sgd reads: choose the optimizer sgd, or leave momentum out`,
    );
  if (warmup >= epochs)
    refuse(`warmup cannot be ${warmup} of ${epochs} epochs`, 'fewer epochs of warm-up than epochs');
  if (patience !== null && validation === 0)
    refuse(
      `patience cannot be ${patience}`,
      'null without a validation set: early stopping watches its loss',
    );
}

type Kind<T> = Pick<Setting<T>, 'schema' | 'parse' | 'choices'>;

/** A number that `accepts` takes as it is and rounded to float32, which is what the kernels compute with. */
function real(range: string, accepts: (value: number) => boolean): Kind<number> {
  const isIn = (value: number): boolean =>
    accepts(value) && accepts(Math.fround(value)) && Number.isFinite(Math.fround(value));
  return { schema: finite(`a number ${range}`, isIn), parse: decimal };
}

/** One value, or a list of them. */
function oneOrEach<T>({ schema, parse }: Kind<T>): Kind<T | readonly T[]> {
  const { expected } = check<unknown>(schema, Symbol()).fault!;
  const each = list(schema, expected, { most: 32 });
  const either = v.union([schema, each], expected);
  return { schema: either, parse: (text) => (text.includes(',') ? text.split(',').map(parse) : parse(text)) };
}

function count(most: number, least = 1): Kind<number> {
  return { schema: whole(least, most, `a whole number from ${least} to ${most}`), parse: digits };
}

/** `none` on the command line is null. */
function orNone<T>({ schema, parse }: Kind<T>): Kind<T | null> {
  return { schema: v.nullable(schema), parse: (text) => (text === 'none' ? null : parse(text)) };
}

function choice<const T extends string>(choices: readonly T[]): Kind<T> {
  return { schema: oneOf(choices), parse: (text) => text, choices };
}

function widths(most: number, largest: number): Kind<readonly number[]> {
  const expected = `at most ${most} whole numbers from 1 to ${largest}, such as 256,128`;
  return {
    schema: list(whole(1, largest, expected), expected, { most }),
    parse: (text) => text.split(',').map(digits),
  };
}

/** NaN for what is no whole number. */
export function digits(text: string): number {
  return /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
}

/** NaN for what is no decimal number: `Number` takes more than these. */
export function decimal(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

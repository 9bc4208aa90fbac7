/** `--config FILE`: the options of an earlier run, and what config.json says of a run. */
import { readFileSync, statSync } from 'node:fs';
import { EngineError } from '../base/errors.js';
import { reasonOf, shown, unreadable } from '../base/bad-file.js';
import type { PlannedExperiment } from '../experiments/index.js';
import { trainOptions, type TrainSettings } from './options.js';

/** Options that are about one call, not about what is trained. */
const ofTheCall: ReadonlySet<string> = new Set([
  'config',
  'out',
  'overwrite',
  'resume',
  'checkpoint-every',
  'tensorboard',
  'trace',
  'print-plan',
  'print-graph',
  'json',
  'quiet',
  'list',
  'help',
  'version',
]);

const largestConfig = 2 ** 22;

/** The content of config.json: the options, which `--config` takes, and what they came to. */
export function runConfig(settings: TrainSettings, plan: PlannedExperiment | null): unknown {
  const { experiment, data, seeds, overrides, adapter, tuning, fuse, profile } = settings;
  const { learningRate, batchSize, weightDecay, hidden, ...named } = overrides;
  const options = {
    exp: String(experiment),
    data,
    seed: seeds[0]!,
    seeds: seeds.length,
    ...named,
    ...(learningRate !== undefined && { lr: learningRate }),
    ...(batchSize !== undefined && { 'batch-size': batchSize }),
    ...(weightDecay !== undefined && { 'weight-decay': weightDecay }),
    ...(hidden !== undefined && { hidden: hidden.join(',') }),
    ...(adapter !== undefined && { adapter }),
    ...(tuning !== undefined && { tuning }),
    ...(!fuse && { 'no-fuse': true }),
    ...(profile && { profile: true }),
  };
  return {
    schema: 1,
    options,
    ...(plan !== null && {
      resolved: {
        seeds: plan.seeds,
        variants: plan.variants,
        comparisons: plan.comparisons,
        notes: plan.notes,
      },
    }),
  };
}

/**
 * The command line with the options of the file that `--config` names put before it; what the command line says itself counts.
 * @throws EngineError `no-data` if there is no such file, `bad-file` if it is not a config.json
 */
export function withConfigFile(argv: readonly string[]): readonly string[] {
  const at = argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  // A run that goes on has its own; that both were given is told with the other mistakes.
  if (at < 0 || argv.some((word) => word.startsWith('--resume'))) return argv;
  const file = argv[at]!.startsWith('--config=') ? argv[at]!.slice('--config='.length) : argv[at + 1];
  // A missing value is told with the other mistakes of a command line.
  if (file === undefined || file === '') return argv;
  return withOptionsOf(file, argv);
}

/** The options of a config.json before those of a command line, which count. @throws as `withConfigFile` */
export function withOptionsOf(file: string, argv: readonly string[]): readonly string[] {
  const given = new Set(argv.map((word) => /^--([^=]+)/.exec(word)?.[1]));
  const words = Object.entries(optionsOf(file)).flatMap(([option, value]) => {
    if (given.has(option) || value === false) return [];
    return [value === true ? `--${option}` : `--${option}=${value}`];
  });
  return [...words, ...argv];
}

function optionsOf(file: string): Readonly<Record<string, string | number | boolean>> {
  const wrong = (what: string, found: string): EngineError =>
    new EngineError('bad-file', `${file}: ${what}`, {
      found,
      expected: 'a config.json that node scripts/train.js wrote: {"schema": 1, "options": {"exp": "6", ...}}',
      remedy: 'name the config.json of a run, or write the options on the command line',
    });
  let value: unknown;
  try {
    const { size } = statSync(file);
    if (size > largestConfig) throw wrong('it is too large for a config.json', `${size} bytes`);
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw wrong('it is not JSON', reasonOf(cause));
    throw unreadable(file, cause);
  }
  const { schema, options } = isRecord(value) ? value : {};
  if (schema !== 1) throw wrong('it has another schema', `schema ${shown(schema)}`);
  if (!isRecord(options)) throw wrong('it has no options', `options ${shown(options)}`);
  const entries = Object.entries(options).map(([option, setting]) => {
    const spec = ofTheCall.has(option) ? undefined : trainOptions.find(({ flag }) => flag === `--${option}`);
    if (spec === undefined) throw wrong('it has an option that cannot be there', shown(option));
    const fits =
      spec.value === null
        ? typeof setting === 'boolean'
        : typeof setting === 'string' || typeof setting === 'number';
    if (!fits) throw wrong(`option ${option} has a value of another kind`, shown(setting));
    return [option, setting as string | number | boolean] as const;
  });
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

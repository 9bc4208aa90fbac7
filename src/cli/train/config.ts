/** config.json of a run: what was asked for, which `--config` and `--resume` read back, and what it meant. */
import { commandLine } from '../../platform/command-line.js';
import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { EngineError } from '../../base/errors.js';
import { exactRecord, flag, list, oneOf, record, text, whole } from '../../base/schema.js';
import {
  definitionFile,
  definitionOf,
  definitionSchema,
  sweepDefinition,
  type Definition,
  type PlannedExperiment,
} from '../../experiments/index.js';
import { readJsonFile } from '../../platform/json-file.js';
import { latestName, runDirectoryOf, runFiles } from '../../runs/index.js';
import { configSchema } from '../../train/settings.js';
import type { Option } from '../option.js';
import { recordedData, recordedPath } from '../recorded-paths.js';
import { recordedOptions, type Asked, type TrainGiven, type TrainSettings } from '../train-options.js';

const recorded: readonly (readonly [key: string, option: Option<unknown>])[] =
  Object.entries(recordedOptions);

/** The options stand under their flags. */
function nameOf({ flag }: Option<unknown>): string {
  return flag.slice(2);
}

const valueSchema = v.union([v.string(), v.number()], 'a text or a number');
const optionsSchema = exactRecord(
  Object.fromEntries(
    recorded.map(([, option]) => [nameOf(option), v.optional(option.value === null ? flag() : valueSchema)]),
  ),
);
const variants = list(record({ name: text(), config: configSchema }), 'a list of variants');
const fileSchema = record({
  schema: oneOf([1], '1, the only schema that this version reads'),
  options: optionsSchema,
  /** The experiment of a sweep; those of the series stand in the options by their number. */
  experiment: v.optional(definitionSchema),
  /** Where the command ran: relative paths start there. */
  workingDirectory: v.optional(text()),
  resolved: v.optional(record({ seeds: list(whole()), variants, comparisons: variants })),
});

type RunConfig = v.InferOutput<typeof fileSchema>;

/** The content of config.json. @param plan null for a whole series */
export function runConfig(settings: TrainSettings, plan: PlannedExperiment | null) {
  const { experiment, definition, seeds, overrides, fuse } = settings;
  const values: Readonly<Record<string, unknown>> = {
    ...settings,
    ...overrides,
    experiment: definition === undefined ? String(experiment) : undefined,
    seed: seeds[0]!,
    seeds: seeds.length,
    noFuse: !fuse,
  };
  const options = recorded.flatMap(([key, option]) => {
    const value = values[key];
    if (value === undefined || value === false) return [];
    if (value === null) return [[nameOf(option), 'none'] as const];
    return [[nameOf(option), Array.isArray(value) ? value.join(',') : value] as const];
  });
  return {
    schema: 1,
    options: Object.fromEntries(options) as RunConfig['options'],
    ...(definition !== undefined && { experiment: definitionFile(definition) }),
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

/** @throws EngineError `no-data` if there is no such file, `bad-file` if it is not a config.json */
function readConfig(file: string): RunConfig {
  const remedy = 'name the config.json of a run, or write the options on the command line';
  return readJsonFile(fileSchema, { file, remedy, largest: 2 ** 26 });
}

/** @throws EngineError as `readConfig`, `usage` for values that an option cannot have */
function optionsOf(file: string): Asked {
  const { options, experiment, workingDirectory } = readConfig(file);
  const given = Object.fromEntries(
    recorded.flatMap(([key, option]) => {
      const value = options[nameOf(option)];
      return value === undefined || value === false ? [] : [[key, option.read(String(value), option.flag)]];
    }),
  ) as TrainGiven;
  const { data, tuning } = given;
  return {
    ...given,
    ...(experiment !== undefined && { definition: definitionOf(experiment, file) }),
    ...(data !== undefined && { data: recordedData(data, workingDirectory) }),
    ...(tuning !== undefined && { tuning: recordedPath(tuning, workingDirectory) }),
  };
}

/**
 * The options of a command line, and beside them those of the config.json that `--config` names or that the
 * run has which `--resume` names. What the command line says itself counts.
 * @returns `resume` is the directory of the run
 * @throws EngineError `usage`, `no-data` if there is no such file or run, `bad-file` if it is not a
 *   config.json
 */
export function withConfig(given: TrainGiven): Asked {
  const { resume, config } = given;
  if (resume === undefined) {
    // How a run was divided is none of what it trains.
    const recorded = Object.entries(config === undefined ? {} : optionsOf(config)).filter(
      ([key]) => key !== 'units',
    );
    return withDefinition(given, Object.fromEntries(recorded));
  }
  const other = (['out', 'overwrite', 'config', 'unit'] as const).find((key) => given[key] !== undefined);
  if (other !== undefined)
    throw new EngineError('usage', `--${other} cannot be given with --resume`, {
      expected: 'a run that is resumed where it is, with the options that it began with',
      remedy:
        other === 'unit'
          ? 'leave out --unit to merge the run, or give --out in place of --resume: a unit resumes by itself'
          : `leave out --${other}, or leave out --resume to begin anew`,
    });
  const directory = runToResume(resume);
  return { ...withDefinition(given, optionsOf(join(directory, runFiles.config))), resume: directory };
}

/** Reads what the command line says of the experiment, which replaces that of `recorded`. */
function withDefinition(given: TrainGiven, recorded: Asked): Asked {
  const { experiment, sweep, experimentFile, sample = null, halving = null } = given;
  const named = { '--exp': experiment, '--sweep': sweep, '--experiment': experimentFile };
  const sources = Object.entries(named).flatMap(([flag, value]) => (value === undefined ? [] : [flag]));
  if (sources.length > 1)
    throw new EngineError('usage', `${sources.join(' and ')} each name an experiment`, {
      expected: 'one of them',
      remedy: `leave out ${sources.slice(1).join(' and ')}`,
    });
  const { experiment: earlier, definition: before, ...others } = recorded;
  const asked = { ...others, ...given };
  if (experiment !== undefined || (sources.length === 0 && before === undefined)) {
    const stray = sample !== null ? '--sample' : halving !== null ? '--halving' : null;
    if (stray !== null)
      throw new EngineError('usage', `${stray} is for a sweep`, {
        expected: `--sweep or --experiment beside ${stray}`,
        remedy: `for example ${commandLine('train', '--sweep lr=1e-4..1e-2:log --sample 12 --halving 3')}`,
      });
    return { ...asked, ...((experiment ?? earlier) !== undefined && { experiment: experiment ?? earlier }) };
  }
  const definition =
    sweep !== undefined
      ? sweepDefinition(sweep, { sample: null, halving: null })
      : experimentFile !== undefined
        ? readExperiment(experimentFile)
        : before!;
  return {
    ...asked,
    definition: {
      ...definition,
      ...(sample !== null && { sample }),
      ...(halving !== null && { halving }),
    },
  };
}

/** @throws EngineError `no-data` if there is no such file, `bad-file` if it is not an experiment */
function readExperiment(file: string): Definition {
  const remedy = `see docs/sweeps.md, or begin with ${commandLine('train', '--print-experiment 6')}`;
  return definitionOf(readJsonFile(definitionSchema, { file, remedy, largest: 2 ** 22 }), file);
}

/**
 * A run by its name, and into how many units it was cut.
 * @throws EngineError as `readConfig`, `no-data`; `usage` for a run that is not in units
 */
export function unitsOfRun(name: string): { readonly directory: string; readonly units: number } {
  const directory = runToResume(name);
  const file = join(directory, runFiles.config);
  const { units } = readConfig(file).options;
  if (units !== undefined) return { directory, units: Number(units) };
  throw new EngineError('usage', `${directory} is no run in units`, {
    found: `no units in ${file}`,
    expected: 'a run that train --units or --unit made',
    remedy: 'make one: the same options, another --out, and --units N',
  });
}

/** Where `latest` leads to now; later it may be another run. */
function runToResume(name: string): string {
  const directory = runDirectoryOf(name);
  const config = join(directory, runFiles.config);
  if (!existsSync(config))
    throw new EngineError('no-data', `there is no run in ${directory} that could be continued`, {
      found: `no ${config}`,
      expected: 'the directory of a run, or latest',
      remedy: `name one that ${commandLine('train')} made, or train without --resume`,
    });
  return name === latestName ? realpathSync(directory) : directory;
}

/** Whether a run has results and page. */
export function isFinished(directory: string): boolean {
  return [runFiles.summary, runFiles.report].every((name) => existsSync(join(directory, name)));
}

/** Options that may differ: what they lead to is compared instead, or does not change the bits. */
const notCompared = ['data', 'adapter', 'tuning', 'profile', 'mixed'];

/** Refuses to resume with another configuration. @throws EngineError `usage` naming the differences */
export function requireSameConfig(directory: string, config: ReturnType<typeof runConfig>): void {
  const path = join(directory, runFiles.config);
  if (!existsSync(path)) return;
  const found = differences(compared(readConfig(path)), compared(config));
  if (found.length === 0) return;
  const [first, more] = [found.slice(0, 8), found.length - 8];
  throw new EngineError('usage', `${directory} cannot be continued with another configuration`, {
    found: `${first.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    expected: `what ${path} says`,
    remedy: 'leave these options out, or train anew with --config of that file and the options beside it',
  });
}

/**
 * What tells runs apart that train something else, or in other units: a hash of what `requireSameConfig`
 * compares, of the config.json in a run. @throws EngineError as `readConfig`
 */
export function configSha256(directory: string): string {
  const text = JSON.stringify(compared(readConfig(join(directory, runFiles.config))));
  return createHash('sha256').update(text).digest('hex');
}

function compared({ options, resolved }: Pick<RunConfig, 'options' | 'resolved'>): unknown {
  const { seeds, variants, comparisons } = resolved ?? {};
  const kept = Object.entries(options).filter(([name]) => !notCompared.includes(name));
  return { options: Object.fromEntries(kept), resolved: { seeds, variants, comparisons } };
}

/** `path: before -> now` of each leaf that differs. */
export function differences(before: unknown, now: unknown, path = ''): string[] {
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return keys.flatMap((key) => differences(before[key], now[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(before) && Array.isArray(now) && before.length === now.length)
    return before.flatMap((each, i) => differences(each, now[i], `${path}[${i}]`));
  const [a, b] = [before, now].map((value) => (value === undefined ? 'nothing' : JSON.stringify(value)));
  return a === b ? [] : [`${path}: ${a} -> ${b}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

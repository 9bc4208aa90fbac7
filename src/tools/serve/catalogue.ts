/** Finds runs in a directory, and what is known of each without opening its larger files. Only reads. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { runFiles, runningProcess, type MetricsRow } from '../../runs/index.js';
import { jsonReader, lenient } from './json-file.js';
import { lastRow } from './metrics-file.js';
import { lastRowOfUnits, standOfUnits } from './run-units.js';
import { entryAt, isFile, isFolder } from './open-in-place.js';

/** `stopped`: nobody is at work on it any more, and it has no results. */
export type RunState = 'running' | 'finished' | 'stopped';

/** A run, or a whole series of experiments with a folder for each. */
export interface ListedRun {
  /** Where it lies under the directory that is served: one or two names of folders. */
  readonly names: readonly string[];
  readonly directory: string;
  readonly state: RunState;
  /** When it began, in ms since 1970. */
  readonly began: number;
  readonly settings: RunSettings | null;
  readonly results: RunResults | null;
  readonly hasReport: boolean;
  /** The last line of its metrics, where there are no results yet. */
  readonly last: MetricsRow | null;
  /** How many of its units are done; 0 where it has none. */
  readonly unitsDone: number;
}

/** Summaries of 10,000 trainings of 50 epochs have some 60 MB. */
const largestSummary = 2 ** 28;
const largestSettings = 2 ** 26;

const { text, number, list, record } = lenient;

const mean = record({ mean: number });

const variants = list(
  record({
    name: text,
    runs: list(v.unknown()),
    overSeeds: record({ bestValLoss: mean, bestValAccuracy: mean, testAccuracy: mean }),
  }),
);

const summarySchema = record({
  experiment: v.fallback(v.nullable(v.union([v.pipe(v.number(), v.transform(String)), text])), null),
  title: text,
  dataset: record({ name: text }),
  selected: record({ variant: text }),
  variants,
  comparisons: variants,
  conclusions: list(text),
});

/** What summary.json says; null if it names no experiment. */
const readResults = jsonReader(v.pipe(summarySchema, v.transform(resultsOf)), largestSummary);
export type RunResults = NonNullable<ReturnType<typeof readResults>>;

const trained = list(record({ name: text, config: record({ epochs: number }) }));

const configSchema = record({
  options: record({ exp: text, data: text, seeds: number, units: number }),
  resolved: record({ variants: trained, comparisons: trained }),
});

/** What config.json says; null if it names no experiment. */
const readSettings = jsonReader(v.pipe(configSchema, v.transform(settingsOf)), largestSettings);
export type RunSettings = NonNullable<ReturnType<typeof readSettings>>;

const readProcess = jsonReader(record({ started: text }), largestSettings);

/** Every run in a directory, newest first; what belongs to a series follows it. */
export function listRuns(root: string): ListedRun[] {
  const groups = folders(root)
    .map((name) => [name, ...folders(join(root, name)).map((inner) => `${name}/${inner}`)])
    .map((paths) => paths.flatMap((path) => findRun(root, path.split('/')) ?? []))
    .filter((group) => group.length > 0);
  const newest = (group: readonly ListedRun[]): number => Math.max(...group.map(({ began }) => began));
  return groups.sort((a, b) => newest(b) - newest(a)).flat();
}

/** A run by the names of its folders, or null. Links are not followed: nothing outside `root` is found. */
export function findRun(root: string, names: readonly string[]): ListedRun | null {
  if (names.length < 1 || names.length > 2 || !names.every(isPlainName)) return null;
  for (let depth = 1; depth <= names.length; depth++)
    if (!isFolder(join(root, ...names.slice(0, depth)))) return null;
  const directory = join(root, ...names);
  const has = (name: string): boolean => isFile(join(directory, name));
  const { summary, config, running, metricsJsonl, environment, report } = runFiles;
  if (![summary, config, running, metricsJsonl].some(has)) return null;
  const results = readResults(join(directory, summary));
  const units = standOfUnits(directory);
  return {
    names,
    directory,
    state: stateOf(directory, units.isAlive),
    unitsDone: units.done,
    began:
      timeOf(readProcess(join(directory, environment))?.started ?? null) ?? entryAt(directory)?.mtimeMs ?? 0,
    settings: readSettings(join(directory, config)),
    results,
    hasReport: has(report),
    last: results === null ? (lastRow(join(directory, metricsJsonl)) ?? lastRowOfUnits(directory)) : null,
  };
}

/** A name that stands for an entry of a folder and for nothing else. Hidden ones are left alone. */
export function isPlainName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\p{Cc}]/u.test(name);
}

function stateOf(directory: string, isUnitAlive: boolean): RunState {
  if (isFile(join(directory, runFiles.summary))) return 'finished';
  const isOwned = isFile(join(directory, runFiles.running)) && runningProcess(directory) !== null;
  return isOwned || isUnitAlive ? 'running' : 'stopped';
}

function settingsOf({ options, resolved }: v.InferOutput<typeof configSchema>) {
  const { exp: experiment, data, seeds, units } = options;
  if (experiment === null) return null;
  const beside = resolved.comparisons;
  const epochs = [...resolved.variants, ...beside].flatMap(({ config }) => config.epochs ?? []);
  return {
    experiment,
    data,
    seeds,
    /** Into how many units it was cut; null: it was not. */
    units,
    /** The largest number of epochs of its variants; null where they are not resolved. */
    epochs: epochs.length === 0 ? null : Math.max(...epochs),
    /** Names of what it trains beside its sweep, for comparison only. */
    comparisons: beside.flatMap(({ name }) => name ?? []),
  };
}

function resultsOf({ experiment, title, dataset, ...summary }: v.InferOutput<typeof summarySchema>) {
  if (experiment === null) return null;
  /** Figures of all variants by name: means over seeds, null where there are none. */
  const figuresOf = new Map(
    [...summary.variants, ...summary.comparisons].map(({ name, runs, overSeeds }) => [
      name ?? '',
      {
        seeds: runs.length,
        valLoss: overSeeds.bestValLoss.mean,
        valAccuracy: overSeeds.bestValAccuracy.mean,
        testAccuracy: overSeeds.testAccuracy.mean,
      },
    ]),
  );
  const { variant } = summary.selected;
  const figures = variant === null ? undefined : figuresOf.get(variant);
  return {
    experiment,
    title,
    dataset: dataset.name,
    /** The selected variant with its figures; null for a series. */
    selected: variant === null || figures === undefined ? null : { variant, figures },
    variants: figuresOf,
    conclusions: summary.conclusions.filter((sentence) => sentence !== null),
  };
}

function timeOf(text: string | null): number | null {
  const time = text === null ? NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function folders(directory: string): string[] {
  try {
    return (
      readdirSync(directory, { withFileTypes: true })
        // Units are parts of the run above them.
        .filter((entry) => entry.isDirectory() && isPlainName(entry.name) && entry.name !== runFiles.units)
        .map(({ name }) => name)
        .sort()
    );
  } catch {
    return [];
  }
}

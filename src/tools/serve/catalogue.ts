/** Finds runs in a directory, and what is known of each without opening its larger files. Only reads. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isAlive, runFiles, type MetricsRow } from '../../runs/index.js';
import { jsonReader, lenient } from './json-file.js';
import { lastRow } from './metrics-file.js';
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
}

/** What config.json says. */
export interface RunSettings {
  readonly experiment: string;
  readonly data: string | null;
  readonly seeds: number | null;
  /** The largest number of epochs of its variants; null where they are not resolved. */
  readonly epochs: number | null;
  /** Names of what it trains beside its sweep, for comparison only. */
  readonly comparisons: readonly string[];
}

/** What summary.json says. */
export interface RunResults {
  readonly experiment: string;
  readonly title: string | null;
  readonly dataset: string | null;
  readonly adapter: string | null;
  /** The selected variant with its figures; null for a series. */
  readonly selected: { readonly variant: string; readonly figures: Figures } | null;
  /** Figures of all variants by name. */
  readonly variants: ReadonlyMap<string, Figures>;
  readonly conclusions: readonly string[];
}

/** Means over seeds; null where there are none. */
export interface Figures {
  readonly seeds: number;
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
  readonly testAccuracy: number | null;
}

/** Summaries of 1,000 seeds have some 50 MB. */
const largestSummary = 2 ** 26;
const largestSettings = 2 ** 22;

const { text, number, list, record } = lenient;

const mean = record({ mean: number });

const summarySchema = record({
  experiment: v.fallback(v.nullable(v.union([v.pipe(v.number(), v.transform(String)), text])), null),
  title: text,
  dataset: record({ name: text }),
  adapter: record({ description: text }),
  selected: record({ variant: text }),
  variants: list(variantSchema()),
  comparisons: list(variantSchema()),
  conclusions: list(text),
});

function variantSchema() {
  return record({
    name: text,
    runs: list(v.unknown()),
    overSeeds: record({ bestValLoss: mean, bestValAccuracy: mean, testAccuracy: mean }),
  });
}

const trainedSchema = list(record({ name: text, config: record({ epochs: number }) }));

const configSchema = record({
  options: record({ exp: text, data: text, seeds: number }),
  resolved: record({ variants: trainedSchema, comparisons: trainedSchema }),
});

const readSummary = jsonReader(summarySchema, largestSummary);
const readConfig = jsonReader(configSchema, largestSettings);
const readProcess = jsonReader(record({ pid: number, started: text }), largestSettings);

/** Every run in a directory, newest first; what belongs to a series follows it. */
export function listRuns(root: string): ListedRun[] {
  const groups = folders(root)
    .map((name) => [name, ...folders(join(root, name)).map((inner) => `${name}/${inner}`)])
    .map((paths) => paths.flatMap((path) => findRun(root, path.split('/')) ?? []))
    .filter((group) => group.length > 0);
  const newest = (group: readonly ListedRun[]): number => Math.max(...group.map(({ began }) => began));
  return groups.sort((a, b) => newest(b) - newest(a)).flat();
}

/**
 * A run by the names of its folders; null if there is none. Links are not followed, so that nothing outside
 * `root` is ever found.
 */
export function findRun(root: string, names: readonly string[]): ListedRun | null {
  if (names.length < 1 || names.length > 2 || !names.every(isPlainName)) return null;
  for (let depth = 1; depth <= names.length; depth++)
    if (!isFolder(join(root, ...names.slice(0, depth)))) return null;
  const directory = join(root, ...names);
  const has = (name: string): boolean => isFile(join(directory, name));
  const { summary, config, running, metricsJsonl, environment, report } = runFiles;
  if (![summary, config, running, metricsJsonl].some(has)) return null;
  const results = resultsOf(readSummary(join(directory, summary)));
  return {
    names,
    directory,
    state: stateOf(directory),
    began:
      timeOf(readProcess(join(directory, environment))?.started ?? null) ?? entryAt(directory)?.mtimeMs ?? 0,
    settings: settingsOf(readConfig(join(directory, config))),
    results,
    hasReport: has(report),
    last: results === null ? lastRow(join(directory, metricsJsonl)) : null,
  };
}

/** A name that stands for an entry of a folder and for nothing else. Hidden ones are left alone. */
export function isPlainName(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !/[/\\\p{Cc}]/u.test(name);
}

function stateOf(directory: string): RunState {
  if (isFile(join(directory, runFiles.summary))) return 'finished';
  const running = readProcess(join(directory, runFiles.running));
  if (running?.pid == null) return 'stopped';
  return isAlive(running.pid, timeOf(running.started)) ? 'running' : 'stopped';
}

function settingsOf(config: v.InferOutput<typeof configSchema> | null): RunSettings | null {
  if (config?.options.exp == null) return null;
  const { exp, data, seeds } = config.options;
  const { variants, comparisons } = config.resolved;
  const epochs = [...variants, ...comparisons].flatMap((variant) => variant.config.epochs ?? []);
  return {
    experiment: exp,
    data,
    seeds,
    epochs: epochs.length === 0 ? null : Math.max(...epochs),
    comparisons: comparisons.flatMap(({ name }) => name ?? []),
  };
}

function resultsOf(summary: v.InferOutput<typeof summarySchema> | null): RunResults | null {
  if (summary?.experiment == null) return null;
  const { experiment, title, dataset, adapter, conclusions } = summary;
  const variants = new Map(
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
  const figures = variant === null ? undefined : variants.get(variant);
  return {
    experiment: experiment,
    title,
    dataset: dataset.name,
    adapter: adapter.description,
    selected: variant === null || figures === undefined ? null : { variant, figures },
    variants,
    conclusions: conclusions.filter((sentence) => sentence !== null),
  };
}

function timeOf(text: string | null): number | null {
  const time = text === null ? NaN : Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function folders(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isPlainName(entry.name))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}

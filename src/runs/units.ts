/** Units in the directory of a run: what each has of its own in `units/I-of-N/`. */
import { closeSync, existsSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { badFile } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import {
  byName,
  finite,
  flag,
  line,
  list,
  numbers,
  oneOf,
  record,
  sha256Text,
  text,
  whole,
} from '../base/schema.js';
import type { Fingerprint } from '../gpu/fingerprint.js';
import type { Divergence } from '../train/diverged-error.js';
import { readJsonFile } from '../platform/json-file.js';
import type { EpochRecord, Trial, TrialResult } from '../train/types.js';
import { runFiles } from './layout.js';
import { ownerOf, runningProcess, waitForOwner, type Owner } from './owner.js';
import type { TrialPast } from './metrics.js';
import { replaceFile } from '../platform/replace-file.js';

/** Files of a unit beside those that a run has, too. */
export const unitFiles = {
  /** Its results: written last, atomically. A unit that has it is done. */
  result: 'result.json',
  /** Why its last process failed. Gone once another one begins. */
  failed: 'failed.json',
} as const;

export function unitFolder(index: number, count: number): string {
  return `${index}-of-${count}`;
}

export function unitDirectory(run: string, index: number, count: number): string {
  return join(run, runFiles.units, unitFolder(index, count));
}

/** Folders of units that were begun, in no order. */
export function unitFoldersOf(run: string): string[] {
  const folder = join(run, runFiles.units);
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+-of-\d+$/.test(name)) : [];
}

/**
 * The units of a run that processes train, or may train, with their owners. Where only a heartbeat can tell,
 * all of them are watched at the same time.
 * @param tell called once, with a line for people, before it waits
 */
export async function liveUnits(
  run: string,
  tell: (text: string) => void,
): Promise<{ readonly folder: string; readonly owner: Owner | null }[]> {
  let isTold = false;
  const once = (text: string): void => {
    if (!isTold) tell(text);
    isTold = true;
  };
  const found = await Promise.all(
    unitFoldersOf(run).map(async (folder) => {
      const directory = join(run, runFiles.units, folder);
      try {
        await waitForOwner(directory, once);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        return [{ folder, owner: ownerOf(directory) }];
      }
      const owner = runningProcess(directory);
      return owner === null ? [] : [{ folder, owner }];
    }),
  );
  return found.flat();
}

/** Of one training of a unit: its results, or how it diverged; and its epochs, with the seconds at each. */
export interface UnitTrial extends TrialPast {
  readonly experiment: number | string;
  readonly result: TrialResult | null;
  readonly divergence: Divergence | null;
}

/** On what a unit was trained, and of what. */
export interface UnitFacts {
  readonly configSha256: string;
  readonly dataset: { readonly name: string; readonly sha256: string };
  readonly adapter: {
    readonly description: string;
    readonly software: boolean;
    readonly subgroupSize: number | null;
  };
  readonly fingerprint: Fingerprint;
  /** Adapters that took part before, under `--mixed`. */
  readonly mixed: readonly string[];
  readonly version: string;
  readonly host: string;
  /** An ISO date and time. */
  readonly finished: string;
}

export interface UnitResult extends UnitFacts {
  readonly trials: readonly UnitTrial[];
}

const score = record({ loss: finite('a loss'), accuracy: finite('an accuracy') });
const nullableScore = v.nullable(score);
const epoch = record({ epoch: whole(1), train: score, validation: nullableScore });
const kernels = list(line());
const trialSchema = record({
  experiment: v.union([whole(), line()]),
  variant: line(),
  seed: whole(),
  history: list(epoch),
  epochSeconds: numbers(),
  result: v.nullable(
    record({
      stopped: oneOf(['early', 'completed']),
      best: v.nullable(record({ epoch: whole(1), score })),
      test: score,
      confusion: list(numbers('a list of counts')),
      perClassAccuracy: list(v.nullable(finite())),
      seconds: finite(),
      stepsPerSecond: finite(),
      weightsSha256: sha256Text,
      kernels: record({ training: kernels, evaluation: kernels }),
    }),
  ),
  divergence: v.nullable(
    record({
      epoch: whole(1),
      step: v.nullable(whole()),
      tensor: line(),
      reproduced: flag(),
      place: text(),
      found: text(),
      remedy: text(),
    }),
  ),
});
const resultSchema = record({
  schema: oneOf([1]),
  unit: whole(),
  units: whole(1),
  diverged: whole(),
  configSha256: sha256Text,
  dataset: record({ name: text(), sha256: text() }),
  adapter: record({ description: text(), software: flag(), subgroupSize: v.nullable(whole(1)) }),
  fingerprint: byName(text(), 'texts by name'),
  mixed: list(text()),
  version: text(),
  host: text(),
  finished: text(),
  trials: list(trialSchema),
});

/** Writes the results of a unit, after which it is done. @throws EngineError `not-written` */
export function writeUnitResult(
  directory: string,
  { index, count }: { readonly index: number; readonly count: number },
  { trials, ...facts }: UnitResult,
): void {
  const content = {
    schema: 1,
    unit: index,
    units: count,
    // Here, so that `unitEnd` finds it in the first bytes.
    diverged: trials.filter(({ divergence }) => divergence !== null).length,
    ...facts,
    trials: trials.map(({ experiment, trial, history, epochSeconds, result, divergence }) => ({
      experiment,
      variant: trial.variant,
      seed: trial.seed,
      history,
      epochSeconds,
      result: result && { ...result, trial: undefined, history: undefined },
      divergence: divergence && { ...divergence, trial: undefined },
    })),
  };
  replaceFile(join(directory, unitFiles.result), `${JSON.stringify(content)}\n`);
}

const headBytes = 256;

/** How many trainings of a unit diverged, if it is done; null if it is not. Reads the first bytes alone. */
export function divergedInUnit(directory: string): number | null {
  let file: number;
  try {
    file = openSync(join(directory, unitFiles.result), 'r');
  } catch {
    return null;
  }
  try {
    const head = Buffer.alloc(headBytes);
    const text = head.toString('utf8', 0, readSync(file, head));
    return Number(/"diverged":(\d+)/.exec(text)?.[1] ?? 0);
  } finally {
    closeSync(file);
  }
}

const about = { remedy: 'delete the file: the unit is then trained again', largest: 2 ** 28 };

/**
 * The results of a unit.
 * @param trials those that the unit has, in their order, with the experiment of each
 * @param configSha256 of the run
 * @throws EngineError `no-data` if it is not done, `bad-file` if its file is damaged or of another run
 */
export function readUnitResult(
  directory: string,
  trials: readonly { readonly experiment: number | string; readonly trial: Trial }[],
  configSha256: string,
): UnitResult {
  const file = join(directory, unitFiles.result);
  const { trials: found, ...facts } = readJsonFile(resultSchema, { ...about, file });
  const refuse = (what: string, is: string, expected: string): never => {
    throw badFile(file, what, { found: is, expected, remedy: about.remedy });
  };
  if (facts.configSha256 !== configSha256)
    refuse('it is of another configuration', `configSha256 ${facts.configSha256}`, configSha256);
  const nameOf = (each: { experiment: number | string; variant: string; seed: number }): string =>
    `experiment ${each.experiment}, ${each.variant}, seed ${each.seed}`;
  const names = trials.map(({ experiment, trial }) => nameOf({ experiment, ...trial }));
  const at = Math.max(
    names.findIndex((name, i) => found[i] === undefined || nameOf(found[i]) !== name),
    found.length > names.length ? names.length : -1,
  );
  if (at >= 0)
    refuse(
      'it has other trainings',
      found[at] === undefined ? 'none' : nameOf(found[at]),
      names[at] ?? 'none',
    );
  return {
    ...facts,
    trials: found.map(({ history, epochSeconds, experiment, result, divergence }, i) => {
      const { trial } = trials[i]!;
      if ((result === null) === (divergence === null))
        refuse('a training has neither results nor a divergence, or both', nameOf(found[i]!), 'one of them');
      const epochs = history as readonly EpochRecord[];
      return {
        trial,
        experiment,
        history: epochs,
        epochSeconds,
        result: result && { ...result, trial, history: epochs },
        divergence: divergence && { ...divergence, trial },
      };
    }),
  };
}

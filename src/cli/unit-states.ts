/** Where the units of a run stand, as far as its files say. Only reads. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { record, text, whole } from '../base/schema.js';
import { tryReadJsonFile } from '../platform/json-file.js';
import {
  divergedInUnit,
  runFiles,
  runningProcess,
  unitDirectory,
  unitFiles,
  unitFolder,
  unitFoldersOf,
} from '../runs/index.js';
import { lastRow } from '../tools/serve/metrics-file.js';

/** `waiting`: no process is at work on it; it may have come some way, which it resumes from. */
export type UnitStand = 'waiting' | 'begun' | 'done' | 'diverged' | 'failed';

export interface UnitState {
  readonly unit: number;
  readonly state: UnitStand;
  /** The last epoch of it that was recorded, while it is not done. */
  readonly epoch: number | null;
  /** Of the process that trains it. */
  readonly host: string | null;
  readonly pid: number | null;
  readonly since: string | null;
  /** How many of its trainings diverged; null while it is not done. */
  readonly diverged: number | null;
  /** Why its last process failed. */
  readonly error: string | null;
}

const failedSchema = record({ message: text(), exitCode: whole(), host: v.nullable(text()) });

/** @param count how many units the run has */
export function unitStates(run: string, count: number): UnitState[] {
  const begun = new Set(unitFoldersOf(run));
  const experiments = begun.size === 0 ? [] : foldersIn(run);
  return Array.from({ length: count }, (_, unit) =>
    begun.has(unitFolder(unit, count)) ? stateOf(run, unit, count, experiments) : { ...untouched, unit },
  );
}

const untouched: Omit<UnitState, 'unit'> = {
  state: 'waiting',
  epoch: null,
  host: null,
  pid: null,
  since: null,
  diverged: null,
  error: null,
};

function stateOf(run: string, unit: number, count: number, experiments: readonly string[]): UnitState {
  const directory = unitDirectory(run, unit, count);
  const diverged = divergedInUnit(directory);
  if (diverged !== null) return { ...untouched, unit, state: diverged === 0 ? 'done' : 'diverged', diverged };
  const epoch = lastEpoch([run, ...experiments], unitFolder(unit, count));
  const owner = runningProcess(directory);
  if (owner !== null) {
    const { host, pid, started } = owner;
    return { ...untouched, unit, state: 'begun', epoch, host, pid, since: started };
  }
  const failed = tryReadJsonFile(failedSchema, join(directory, unitFiles.failed));
  if (failed === null) return { ...untouched, unit, epoch };
  const { message, exitCode, host } = failed;
  return { ...untouched, unit, state: 'failed', epoch, host, error: `exit code ${exitCode}: ${message}` };
}

/** A whole series has a folder per experiment. */
function foldersIn(run: string): string[] {
  return readdirSync(run, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^exp\d+$/.test(entry.name))
    .map(({ name }) => join(run, name));
}

function lastEpoch(directories: readonly string[], folder: string): number | null {
  const rows = directories.map((each) => lastRow(join(each, runFiles.units, folder, runFiles.metricsJsonl)));
  return rows.findLast((row) => row !== null)?.epoch ?? null;
}

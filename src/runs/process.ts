/** Whether the process that left something behind is still there. */
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { record, text, whole } from '../base/schema.js';
import { tryReadJsonFile } from '../platform/json-file.js';
import { runFiles } from './layout.js';
import { randomBytes } from 'node:crypto';

const runningSchema = record({ pid: whole(1), started: v.fallback(v.nullable(text()), null) });

/** The process that trains a run, as its running.json says; null if there is none any more. */
export function runningProcess(directory: string): v.InferOutput<typeof runningSchema> | null {
  const running = tryReadJsonFile(runningSchema, join(directory, runFiles.running));
  const began = Date.parse(running?.started ?? '');
  return running !== null && isAlive(running.pid, Number.isNaN(began) ? null : began) ? running : null;
}

/** Linux counts time in these; USER_HZ has been 100 on every architecture for long. */
const ticksPerSecond = 100;

/** What clocks may disagree by, in ms. */
const slack = 5000;

/**
 * Whether the process that began a run is still there. Numbers of processes are given out again, so one that
 * began after the run is another.
 * @param began when the run did, in ms since 1970; null if nobody knows
 */
export function isAlive(pid: number, began: number | null): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  if (began !== null && began < Date.now() - 1000 * uptime() - slack) return false;
  try {
    // Signal 0 only asks; it is not delivered.
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const stat = statOf(pid);
  if (stat === null) return true;
  // Ended, but its parent has not asked how: in a container without an init process nobody ever does.
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return began === null || stat.born <= began + slack;
}

/** State and start (ms since 1970) of a process as Linux tells them: proc(5), fields 3 and 22; else null. */
function statOf(pid: number): { readonly state: string; readonly born: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces and brackets itself; it is field 2.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[19]);
    if (!Number.isFinite(ticks)) return null;
    return { state: fields[0]!, born: Date.now() - 1000 * (uptime() - ticks / ticksPerSecond) };
  } catch {
    return null;
  }
}

/** A name beside `path` that no other process and no other write uses: `PATH.PID-RANDOM.part`. */
export function temporaryFor(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`;
}

const temporaryName = /\.(\d+)-[0-9a-f]{8}\.part$/;

/**
 * Removes what killed processes were writing into the directory of a run: temporary files of `replaceFile`
 * whose process is gone. Those of a process that is still there stay, and so does what cannot be removed.
 * @returns the paths of the removed files
 */
export function removeStaleTemporaries(directory: string): string[] {
  const checkpoints = join(directory, runFiles.checkpoints);
  const trials = entriesOf(checkpoints).map((trial) => join(checkpoints, trial));
  return [directory, join(directory, runFiles.charts), ...trials].flatMap(removeStaleIn);
}

/** As `removeStaleTemporaries`, of one folder of any kind. */
export function removeStaleIn(folder: string): string[] {
  return entriesOf(folder).flatMap((name) => {
    const pid = temporaryName.exec(name)?.[1];
    if (pid === undefined) return [];
    const path = join(folder, name);
    try {
      const { mtimeMs } = lstatSync(path);
      // Writing does not yield, so this process is not at it: it has the number of one that was (in
      // containers it is always the same).
      if (Number(pid) !== process.pid && isAlive(Number(pid), mtimeMs)) return [];
      rmSync(path);
      return [path];
    } catch {
      return [];
    }
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

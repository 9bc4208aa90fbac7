/** Which process left something behind, and whether it is still there. */
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** A process, told from every other one on every machine. What a system does not say is null. */
export interface ProcessMark {
  readonly host: string;
  /** Anew with each start of the machine. */
  readonly boot: string | null;
  /** Numbers of processes are those of a PID namespace: each container has its own. */
  readonly pidNamespace: string | null;
  /** Start times are those of a time namespace. */
  readonly timeNamespace: string | null;
  readonly pid: number;
  /** When it began, in clock ticks since the machine did: no step of the clock changes it. */
  readonly startTicks: number | null;
}

let own: ProcessMark | null = null;

export function thisProcess(): ProcessMark {
  own ??= {
    host: hostname(),
    boot: orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: orNull(() => readlinkSync('/proc/self/ns/pid')),
    timeNamespace: orNull(() => readlinkSync('/proc/self/ns/time')),
    pid: process.pid,
    startTicks: statOf('self')?.startTicks ?? null,
  };
  return own;
}

/** Whether a process has its number from where this one has its own. */
function isSamePlace(mark: ProcessMark): boolean {
  return placeOf(mark) === placeOf(thisProcess());
}

function placeOf({ host, boot, pidNamespace, timeNamespace }: ProcessMark): string {
  return JSON.stringify([host, boot, pidNamespace, timeNamespace]);
}

/**
 * Whether a process is still there; null where this one cannot see it (another machine, another container) or
 * cannot tell it from a later one of its number.
 */
export function isAlive(mark: ProcessMark): boolean | null {
  if (!isSamePlace(mark)) return null;
  if (!hasProcess(mark.pid)) return false;
  const stat = isProcOfOwnNamespace() ? statOf(mark.pid) : null;
  if (stat === null) return null;
  // Ended, but its parent has not asked how: in a container without an init process nobody ever does.
  if (stat.state === 'Z' || stat.state === 'X') return false;
  return mark.startTicks === null ? null : stat.startTicks === mark.startTicks;
}

/** Whether some process has this number here. */
export function hasProcess(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    // Signal 0 only asks; it is not delivered.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** In a new PID namespace /proc may still be the old one's, whose numbers are others. */
function isProcOfOwnNamespace(): boolean {
  return orNull(() => readlinkSync('/proc/self')) === String(process.pid);
}

/** State and start of a process as Linux tells them: proc(5), fields 3 and 22; else null. */
function statOf(pid: number | 'self'): { readonly state: string; readonly startTicks: number } | null {
  return orNull(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold spaces and brackets itself; it is field 2.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTicks = Number(fields[19]);
    return Number.isFinite(startTicks) ? { state: fields[0]!, startTicks } : null;
  });
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** What the temporaries of a process are called by: `PLACE-PID-TICKS`. */
function temporaryMark(mark: ProcessMark): string {
  const place = createHash('sha256').update(placeOf(mark)).digest('hex').slice(0, 8);
  return `${place}-${mark.pid}-${mark.startTicks ?? 0}`;
}

/** Names may have 255 bytes, and a character of a path at most 4 of them in UTF-8. */
const longestBase = 48;

/**
 * A name beside `path` that no other process and no other write uses: `NAME.PLACE-PID-TICKS-RANDOM.part`.
 * Of a long name it has the start.
 */
export function temporaryFor(path: string): string {
  const start = Array.from(basename(path)).slice(0, longestBase).join('');
  const random = randomBytes(4).toString('hex');
  return join(dirname(path), `${start}.${temporaryMark(thisProcess())}-${random}.part`);
}

const temporaryName = /\.([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}\.part$/;

/**
 * Removes what ended processes were writing into a folder: temporary files of `replaceFile` whose process is
 * known to be gone. All others stay: those of a process that is still there, those of another machine or
 * container, and what cannot be removed.
 * @param dead a process that is gone, wherever it was
 * @returns the paths of the removed files
 */
export function removeStaleIn(folder: string, dead: ProcessMark | null = null): string[] {
  const marksOfDead = dead === null ? null : temporaryMark(dead);
  const here = thisProcess();
  return entriesOf(folder).flatMap((name) => {
    const [found, place, pid, ticks] = temporaryName.exec(name) ?? [];
    if (found === undefined) return [];
    const mark = { ...here, pid: Number(pid), startTicks: ticks === '0' ? null : Number(ticks) };
    const isOfDead = `${place}-${pid}-${ticks}` === marksOfDead;
    // Writing does not yield, so this process is not at it: what bears its mark was left over by an error.
    const isHere = temporaryMark(mark) === `${place}-${pid}-${ticks}`;
    const isGone = isOfDead || (isHere && (mark.pid === process.pid || isAlive(mark) === false));
    const path = join(folder, name);
    return isGone &&
      orNull(() => {
        rmSync(path);
        return true;
      })
      ? [path]
      : [];
  });
}

/** The names in a folder; none where it cannot be read. */
export function entriesOf(folder: string): string[] {
  return orNull(() => readdirSync(folder)) ?? [];
}

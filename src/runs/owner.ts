/**
 * The one process that may write a run. It says so in running.json, which comes with the exclusive creation
 * of its name and whose modification time moves while the process is there. Readers compare that time with
 * what it was before, over their own elapsed time, never with a clock.
 */
import {
  closeSync,
  copyFileSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { randomUUID } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import { EngineError } from '../base/errors.js';
import { notWritten, systemCode } from '../base/not-written.js';
import { record, text, whole } from '../base/schema.js';
import { commandLine } from '../platform/command-line.js';
import { platform } from '../platform/index.js';
import { jsonText, tryReadJsonFile } from '../platform/json-file.js';
import { runFiles, runsDirectory } from './layout.js';
import { removeStaleTemporaries } from './directory.js';
import { hasProcess, isAlive, temporaryFor, thisProcess } from '../platform/process.js';
import type { ProcessMark } from '../platform/process.js';
import { makeDirectory } from '../platform/replace-file.js';

const orNull = <T>(schema: v.GenericSchema<T>) => v.optional(v.fallback(v.nullable(schema), null), null);

const ownerSchema = record({
  pid: whole(1),
  started: orNull(text()),
  // Earlier versions wrote the two above alone.
  id: orNull(text()),
  host: orNull(text()),
  boot: orNull(text()),
  pidNamespace: orNull(text()),
  timeNamespace: orNull(text()),
  startTicks: orNull(whole()),
});

/** What running.json says. */
export type Owner = v.InferOutput<typeof ownerSchema>;

/** Milliseconds between two heartbeats, and how long one that does not move means a process that lives. */
const beat = 1000;
const longestSilence = 15_000;

/** When the heartbeat of a run was seen to move last, by this process's own elapsed time. */
const seen = new Map<string, { readonly state: string; readonly since: number }>();

/** The process that trains a run, as its running.json says; null if there is none any more. */
export function runningProcess(directory: string): Owner | null {
  const owner = ownerOf(directory);
  return owner !== null && lives(directory, owner) !== false ? owner : null;
}

/** Who has, or had, a run, as its running.json says; null where there is none. */
export function ownerOf(directory: string): Owner | null {
  return tryReadJsonFile(ownerSchema, join(directory, runFiles.running));
}

/** @returns null where only its heartbeat can tell, and was not watched for long enough */
function lives(directory: string, owner: Owner): boolean | null {
  if (owner.host === null) return owner.pid !== process.pid && hasProcess(owner.pid);
  return isAlive(markOf(owner)!) ?? (isSilent(directory, owner) ? false : null);
}

function markOf({ host, ...owner }: Owner): ProcessMark | null {
  return host === null ? null : { host, ...owner };
}

/** Whether the heartbeat stood still for as long as this process looks at it, which is long enough. */
function isSilent(directory: string, { id }: Owner): boolean {
  const path = resolve(directory, runFiles.running);
  const state = `${id} ${statSync(path, { throwIfNoEntry: false })?.mtimeMs}`;
  const now = performance.now();
  const before = seen.get(path);
  if (before?.state === state) return now - before.since >= longestSilence;
  seen.set(path, { state, since: now });
  return false;
}

/**
 * Waits until it is certain whether the process that owns a run is there, where that takes a while: one of
 * another machine or container is told by its heartbeat alone.
 * @param tell called with a line for people before it waits
 * @throws EngineError `usage` if another process is at work on the run
 */
export async function waitForOwner(directory: string, tell: (text: string) => void): Promise<void> {
  const first = ownerOf(directory);
  if (first === null || lives(directory, first) !== null) return;
  tell(
    `${directory} has a record of ${ownerName(first)}, which cannot be seen from here: ` +
      `watching its heartbeat for ${longestSilence / 1000} s`,
  );
  const before = heartbeatOf(directory);
  for (;;) {
    const owner = ownerOf(directory);
    if (owner === null || lives(directory, owner) !== null) return;
    if (heartbeatOf(directory) !== before) throw isOwned(directory, owner);
    await platform.sleep(beat / 4);
  }
}

function heartbeatOf(directory: string): number | undefined {
  return statSync(join(directory, runFiles.running), { throwIfNoEntry: false })?.mtimeMs;
}

/** `process 12 on node7`. */
export function ownerName({ pid, host }: Owner): string {
  const isElsewhere = host !== null && host !== thisProcess().host;
  return `process ${pid}${isElsewhere ? ` on ${host}` : ''}`;
}

/** What becomes of a command that would write a run while another process does. */
export function isOwned(directory: string, owner: Owner): EngineError {
  const name = ownerName(owner);
  const old = `; if ${name} is something else, delete ${join(directory, runFiles.running)}`;
  return new EngineError('usage', `${directory} is being trained by another process`, {
    found: `${name}, since ${owner.started ?? 'an unknown time'}`,
    expected: 'a run that no process trains',
    remedy: `wait for it or end it, or name another directory with --out${owner.host === null ? old : ''}`,
  });
}

/** The right to write a run, from the start of a training to its end. */
export class RunClaim {
  private readonly text: string;
  private readonly path: string;
  private readonly timer: NodeJS.Timeout;
  /** Follows the directory where it is renamed; null where a system does not tell. */
  private readonly handle: number | null;
  private isReleased = false;

  /** @param made directories that were made for it, the innermost first: removed again while empty */
  private constructor(
    readonly directory: string,
    private readonly made: readonly string[],
    private readonly remedy: string | null,
  ) {
    const owner = { started: new Date().toISOString(), id: randomUUID(), ...thisProcess() };
    this.text = jsonText(owner);
    this.path = resolve(directory, runFiles.running);
    const dead = seize(directory, this.text);
    // Whatever the one before was writing, it writes no more.
    removeStaleTemporaries(directory, dead === null ? null : markOf(dead));
    this.handle = process.platform === 'linux' ? openSync(directory, 'r') : null;
    this.timer = setInterval(() => {
      this.beat();
    }, beat).unref();
  }

  /**
   * Takes a run for this process, and makes its directory where there is none.
   * @param remedy what to do once it is not this process's any more; to resume it, if left out
   * @throws EngineError `usage` if another process is at work on it, `not-written`
   */
  static take(directory: string, remedy: string | null = null): RunClaim {
    const made = missingOf(directory);
    makeDirectory(directory);
    return RunClaim.begin(directory, made, remedy);
  }

  /** A new directory `runs/NAME`, or `runs/NAME-2` and so on where that is taken. */
  static takeFree(name: string): RunClaim {
    for (let count = 1; ;) {
      const directory = join(runsDirectory, count === 1 ? name : `${name}-${count}`);
      const made = missingOf(directory);
      makeDirectory(runsDirectory, 'run the command again');
      try {
        mkdirSync(directory);
        return RunClaim.begin(directory, made);
      } catch (cause) {
        if (cause instanceof EngineError && cause.kind !== 'usage') throw cause;
        const code = systemCode(cause);
        // ENOENT: a training that failed at once has taken the empty folder of all runs away again.
        if (code === 'EEXIST' || cause instanceof EngineError) count++;
        else if (code !== 'ENOENT' || existsSync(runsDirectory))
          throw notWritten(directory, cause, 'run the command again');
      }
    }
  }

  private static begin(directory: string, made: readonly string[], remedy: string | null = null): RunClaim {
    try {
      return new RunClaim(directory, made, remedy);
    } catch (error) {
      removeEmpty(made);
      throw error;
    }
  }

  /**
   * To be called before the run is written to: whether it is still where it was, and this process's own.
   * @param stood where the training stands, for the message
   * @throws EngineError `not-written`
   */
  check(stood: string): void {
    if (this.beat()) return;
    const isThere = existsSync(this.directory);
    const now = this.placeNow();
    const what = isThere ? 'is no longer the run of this process' : 'is no longer there';
    throw new EngineError('not-written', `${this.directory} ${what}; ${stood}`, {
      found: isThere
        ? `${this.path} of ${this.heir()}`
        : now === null
          ? 'no such directory'
          : `the directory is ${now} now`,
      expected: 'the directory that the training began with',
      remedy:
        this.remedy ??
        (now === null
          ? `if it was renamed, continue with ${commandLine('train', '--resume')} and its new name`
          : `continue with ${commandLine('train', '--resume', now)}`),
    });
  }

  private heir(): string {
    const owner = ownerOf(this.directory);
    return owner === null ? 'nobody' : ownerName(owner);
  }

  /** Where the directory is now; null where nobody knows, or if it is none any more. */
  private placeNow(): string | null {
    if (this.handle === null) return null;
    try {
      const place = readlinkSync(`/proc/self/fd/${this.handle}`);
      return place !== resolve(this.directory) && existsSync(join(place, runFiles.running)) ? place : null;
    } catch {
      return null;
    }
  }

  /** Says that this process is there. @returns whether the run is still its own */
  private beat(): boolean {
    try {
      if (readFileSync(this.path, 'utf8') !== this.text) return false;
      const now = new Date();
      utimesSync(this.path, now, now);
      return true;
    } catch (error) {
      // What cannot be read for another reason will be told by what is written next.
      return !['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
    }
  }

  /** Gives the run back; a directory that nothing came into is removed. Never throws. */
  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    clearInterval(this.timer);
    if (this.handle !== null)
      quietly(() => {
        closeSync(this.handle!);
      });
    quietly(() => {
      if (readFileSync(this.path, 'utf8') === this.text) rmSync(this.path);
    });
    removeEmpty(this.made);
  }
}

/** A directory and those above it that are not there, the innermost first. */
function missingOf(directory: string): string[] {
  const missing: string[] = [];
  for (let at = resolve(directory); !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.push(at);
  return missing;
}

function removeEmpty(directories: readonly string[]): void {
  quietly(() => {
    for (const directory of directories) rmdirSync(directory);
  });
}

/**
 * Puts a record into the directory of a run, unless that of a process that lives is there.
 * @returns whose record was there before; null where there was none
 */
function seize(directory: string, content: string): Owner | null {
  const path = join(directory, runFiles.running);
  let dead: Owner | null = null;
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (putNew(path, content)) return dead;
    dead = ownerOf(directory);
    if (dead !== null && lives(directory, dead) !== false) throw isOwned(directory, dead);
    takeAway(path, dead);
  }
  throw new EngineError('usage', `${directory} is being trained by another process`, {
    found: `others that take ${path} at the same time`,
    expected: 'a run that no process trains',
    remedy: 'name another directory with --out',
  });
}

/** Creates a file that is whole as soon as it is there. @returns false if one has the name already */
export function putNew(path: string, content: string): boolean {
  const temporary = temporaryFor(path);
  try {
    writeFileSync(temporary, content, { flag: 'wx', flush: true });
    linkNew(temporary, path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw notWritten(path, cause, 'run the command again');
  } finally {
    quietly(() => {
      rmSync(temporary, { force: true });
    });
  }
}

function linkNew(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (cause) {
    // File systems without hard links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(systemCode(cause) ?? ''))
      throw cause;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** Removes the record of an ended process; that of another one, which was faster, is put back. */
function takeAway(path: string, dead: Owner | null): void {
  const moved = temporaryFor(path);
  quietly(() => {
    renameSync(path, moved);
    if (JSON.stringify(tryReadJsonFile(ownerSchema, moved)) !== JSON.stringify(dead)) linkNew(moved, path);
  });
  quietly(() => {
    rmSync(moved, { recursive: true, force: true });
  });
}

/** For what must not hide another error, and where another process may have been faster. */
function quietly(work: () => void): void {
  try {
    work();
  } catch {
    // Nothing depends on it.
  }
}

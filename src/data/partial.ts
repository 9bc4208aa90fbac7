import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';

/**
 * Files that are still arriving.
 *
 * Each download writes to a name of its own, `NAME.HOST-PID-RANDOM.part`, so two processes never write to one
 * file. One that stops gives its file up by renaming it to `NAME.part`; the next one claims it, or the file
 * of a process that is no more, by renaming it again. Renaming is atomic, so exactly one process gets it, and
 * there is no lock that a killed process could leave behind.
 */
export interface PartialFile {
  /** The directory that the complete file will lie in, and its name there. */
  readonly directory: string;
  readonly name: string;
  readonly path: string;
  readonly handle: FileHandle;
  /** Bytes that an earlier download left in it. */
  readonly received: number;
}

/**
 * A partial file of another machine (or container) is given up for lost when nothing was written to it for
 * this long: whether its process still runs cannot be seen from here. A living one writes more often, or its
 * stall time-out ends it.
 */
const abandonedAfterMs = 15 * 60_000;

const host = platform.sha256(hostname()).slice(0, 8);

/**
 * Opens a partial file of this process, continuing an abandoned one if there is any.
 * @throws EngineError `no-data` when the directory cannot be written to
 */
export async function openPartial(directory: string, name: string): Promise<PartialFile> {
  const path = join(directory, `${name}.${host}-${process.pid}-${randomBytes(4).toString('hex')}.part`);
  try {
    await mkdir(directory, { recursive: true });
    const claimed = await claim(directory, name, path);
    const handle = await open(path, claimed ? 'r+' : 'wx+');
    return { directory, name, path, handle, received: claimed ? (await handle.stat()).size : 0 };
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}

/**
 * Puts a complete file in its place, durably (the content first, then its name), and removes what earlier
 * downloads left of it.
 */
export async function publishPartial({ directory, name, path, handle }: PartialFile): Promise<void> {
  try {
    await handle.sync();
    await handle.close();
    await rename(path, join(directory, name));
  } catch (cause) {
    throw unwritable(directory, cause);
  }
  await tidy(directory, name);
}

/** Gives a partial file up: for the next download if it holds something, else it is removed. */
export async function releasePartial(partial: PartialFile, received: number): Promise<void> {
  const { directory, name, path, handle } = partial;
  // Called on the way out of a failure, which must not be hidden by a second one.
  try {
    await handle.close();
    if (received > 0) await rename(path, join(directory, `${name}.part`));
    else await unlink(path);
  } catch {
    // What is left has a name of its own, and is claimed later as abandoned.
  }
}

/** The error for a cache that cannot be written to. */
export function unwritable(directory: string, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  return new EngineError('no-data', `cannot write to ${directory}`, {
    found: cause instanceof Error ? cause.message : String(cause),
    expected: 'a directory that can be written to, with room for the data set',
    remedy: 'set WGSL_TRAIN_CACHE to such a directory',
    cause,
  });
}

async function claim(directory: string, name: string, path: string): Promise<boolean> {
  for (const candidate of await abandoned(directory, name)) {
    try {
      await rename(candidate, path);
      return true;
    } catch {
      // Another process was faster.
    }
  }
  return false;
}

/** Paths of the partial files of `name` that no process writes to. */
async function abandoned(directory: string, name: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of (await readdir(directory)).sort()) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith('.part')) continue;
    const path = join(directory, entry);
    const owner = /^\.([0-9a-f]{8})-(\d+)-[0-9a-f]{8}\.part$/.exec(entry.slice(name.length));
    const isFree = entry === `${name}.part` || (owner?.[1] === host && !isRunning(Number(owner[2])));
    if (isFree || (await isOld(path))) paths.push(path);
  }
  return paths;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, for another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > abandonedAfterMs;
  } catch {
    return false;
  }
}

/**
 * Makes the new name itself durable, and removes leftovers. Not every platform can; the file is in place
 * anyway.
 */
async function tidy(directory: string, name: string): Promise<void> {
  try {
    for (const path of await abandoned(directory, name)) await rm(path, { force: true });
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Nothing that the caller relies on.
  }
}

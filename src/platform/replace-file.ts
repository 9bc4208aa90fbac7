/** Files that are whole and stay: what was written survives the end of the process, and of the machine. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { notWritten, systemCode } from '../base/not-written.js';
import { temporaryFor } from './process.js';

const again = 'run the command again';

/**
 * Writes a file, atomically and durably: whoever reads it, whenever, and after whatever end of the process or
 * the machine, finds the old content or the new, never half of one; and once this returns, the new. The
 * content goes to a temporary name beside the file and to the disk, then takes the file's name, then that
 * goes to the disk.
 * @param next what the error tells people to do once its reason is gone
 * @throws EngineError `not-written`; the file is as it was, without a temporary beside it. Only where nothing
 *   but the last step failed is the new content in place already, and may be the old again after a power cut.
 */
export function replaceFile(path: string, content: string | Uint8Array, next = again): void {
  const temporary = temporaryFor(path);
  try {
    const file = openSync(temporary, 'wx');
    try {
      fill(file, content);
      renameSync(temporary, path);
    } catch (cause) {
      removeQuietly(temporary);
      throw cause;
    }
    syncDirectory(dirname(path));
  } catch (cause) {
    throw notWritten(path, cause, next);
  }
}

/** Makes a directory and those above it, where missing, durably. @throws EngineError `not-written` */
export function makeDirectory(directory: string, next = again): void {
  try {
    makeWithParents(resolve(directory));
  } catch (cause) {
    throw notWritten(directory, cause, next);
  }
}

/**
 * Makes a folder of a run, and those between it and the run's directory. That itself is never made anew:
 * where it was renamed or removed, the run is no longer there.
 * @throws EngineError `not-written`
 */
export function makeFolder(directory: string, names: readonly string[], next = again): string {
  const folders = names.map((_, i) => join(directory, ...names.slice(0, i + 1)));
  for (const folder of folders) {
    try {
      mkdirSync(folder);
      syncDirectory(dirname(folder));
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST' || !isDirectory(folder)) throw notWritten(folder, cause, next);
    }
  }
  return folders.at(-1) ?? directory;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Step by step: on a read-only file system Node's recursive form says that there is no such directory. */
function makeWithParents(directory: string): void {
  if (isDirectory(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeWithParents(parent);
  try {
    mkdirSync(directory);
  } catch (cause) {
    // Another process may have been faster.
    if (isDirectory(directory)) return;
    throw cause;
  }
  syncDirectory(parent);
}

function fill(file: number, content: string | Uint8Array): void {
  try {
    writeFileSync(file, content);
    fsyncSync(file);
  } catch (cause) {
    closeQuietly(file);
    throw cause;
  }
  // Some file systems tell only here that the content was not stored. The descriptor is gone in any case.
  closeSync(file);
}

/** Until the directory is on the disk, too, a power cut can undo what happened to the names in it. */
function syncDirectory(directory: string): void {
  // Windows opens no directories, and its file systems keep a journal of names.
  if (process.platform === 'win32') return;
  let file: number;
  try {
    file = openSync(directory, 'r');
  } catch (cause) {
    // A directory that may be written to and not listed.
    if (systemCode(cause) === 'EACCES') return;
    throw cause;
  }
  try {
    fsyncSync(file);
  } catch (cause) {
    // Network file systems that have no such call say so.
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(cause) ?? '')) throw cause;
  } finally {
    closeQuietly(file);
  }
}

function closeQuietly(file: number): void {
  try {
    closeSync(file);
  } catch {
    // Another error is on its way, or nothing was written.
  }
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The error that led here says more; the next start removes what is left.
  }
}

/**
 * Appends to a file, which is made if there is none. It does not wait for the disk: what a run appends can be
 * made again from its checkpoints.
 * @param next what the error tells people to do once its reason is gone
 * @throws EngineError `not-written`; the file is as it was, so that half a line does not stay
 */
export function appendFile(path: string, content: string | Uint8Array, next = again): void {
  try {
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? null;
    try {
      append(path, content);
    } catch (cause) {
      cutTo(path, bytes);
      throw cause;
    }
  } catch (cause) {
    throw notWritten(path, cause, next);
  }
}

function append(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'a');
  try {
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}

/** Brings a file back to so many bytes, null where there was none. */
function cutTo(path: string, bytes: number | null): void {
  try {
    if (bytes === null) rmSync(path, { force: true });
    else truncateSync(path, bytes);
  } catch {
    // The error that led here says more.
  }
}

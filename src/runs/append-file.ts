/** Files that grow while a run trains. */
import { closeSync, openSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { notWritten } from '../base/not-written.js';
import { thenResume } from './replace-file.js';

/**
 * Appends to a file, which is made if there is none. It does not wait for the disk: what a run appends can be
 * made again from its checkpoints.
 * @param next what the error tells people to do once its reason is gone
 * @throws EngineError `not-written`; the file is as it was, so that half a line does not stay
 */
export function appendFile(path: string, content: string | Uint8Array, next = thenResume): void {
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

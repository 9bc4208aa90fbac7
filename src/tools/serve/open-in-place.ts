/** Looks at what lies at a path without following a link there: it could lead out of the runs. */
import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';

/** What is at a path itself, not what a link there leads to; null if nothing can be looked at. */
export function entryAt(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

export function isFile(path: string): boolean {
  return entryAt(path)?.isFile() === true;
}

export function isFolder(path: string): boolean {
  return entryAt(path)?.isDirectory() === true;
}

/**
 * Opens a regular file for reading. A link is refused, and so is a pipe, which would never end.
 * @returns a file descriptor, to be closed by the caller; null if there is no such file
 */
export function openInPlace(path: string): number | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    if (fstatSync(file).isFile()) return file;
  } catch {
    // Falls through: it is of no use.
  }
  closeSync(file);
  return null;
}

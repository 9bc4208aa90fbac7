import { closeSync, constants, fstatSync, openSync } from 'node:fs';

/**
 * Opens a regular file for reading; a link in its place is refused, because it could lead out of the runs, and so is a pipe, which
 * would never end.
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

/** Names of files that are being written, and what becomes of those whose process was killed meanwhile. */
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runFiles } from './layout.js';
import { isAlive } from './process.js';

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

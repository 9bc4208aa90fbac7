/** The directory of a run: nothing in it is written over unasked. */
import { existsSync, lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError } from '../base/errors.js';
import { latestName, runFiles, runsDirectory } from './layout.js';
import { entriesOf, removeStaleIn, temporaryFor, type ProcessMark } from '../platform/process.js';

/** What a run may have left in a directory; `--overwrite` removes these and nothing else. */
const contents: readonly string[] = [...Object.values(runFiles), 'summary.previous.json'].filter(
  (name) => name !== runFiles.running,
);

/**
 * Refuses a directory that holds a run already; the record of its owner alone is none. Touches nothing.
 * @throws EngineError `usage`
 */
export function requireNoRun(directory: string, overwrite: boolean): void {
  if (overwrite) return;
  const found = contents.find((name) => existsSync(join(directory, name)));
  if (found === undefined) return;
  throw new EngineError('usage', `${directory} holds a run already`, {
    found: join(directory, found),
    expected: 'a directory without one',
    remedy: 'name another with --out, or add --overwrite to replace it',
  });
}

/**
 * Removes an earlier run from a directory that this process has claimed.
 * @throws EngineError `usage` if one is there and may not be replaced
 */
export function clearRun(directory: string, overwrite: boolean): void {
  requireNoRun(directory, overwrite);
  for (const name of contents) rmSync(join(directory, name), { recursive: true, force: true });
}

/** `runs/NAME`, or `runs/NAME-2` and so on if that is taken. @param ending of the name of a file */
export function freePath(name: string, ending = ''): string {
  let free = join(runsDirectory, name + ending);
  for (let count = 2; existsSync(free); count++) free = join(runsDirectory, `${name}-${count}${ending}`);
  return free;
}

/** Points `runs/latest` to a run in `runs`; left alone for a run elsewhere, and where it is no link. */
export function pointLatest(directory: string): void {
  const parent = resolve(runsDirectory);
  if (dirname(resolve(directory)) !== parent) return;
  const link = join(parent, latestName);
  try {
    if (existsSync(link) && !lstatSync(link).isSymbolicLink()) return;
    removeStaleIn(parent);
    const fresh = temporaryFor(link);
    // Windows lets everybody make junctions, which need whole paths; other systems ignore the type.
    const target = process.platform === 'win32' ? resolve(directory) : basename(directory);
    symlinkSync(target, fresh, 'junction');
    renameSync(fresh, link);
  } catch {
    // A convenience: a file system without links must not cost the run.
  }
}

/** As `removeStaleIn`, of all folders of a run. */
export function removeStaleTemporaries(directory: string, dead: ProcessMark | null = null): string[] {
  const checkpoints = join(directory, runFiles.checkpoints);
  const trials = entriesOf(checkpoints).map((trial) => join(checkpoints, trial));
  return [directory, join(directory, runFiles.charts), ...trials].flatMap((folder) =>
    removeStaleIn(folder, dead),
  );
}

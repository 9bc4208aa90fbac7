/** States of trials in the directory of a run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../base/errors.js';
import { unreadable } from '../base/bad-file.js';
import type { Trial, TrialState } from '../train/types.js';
import { encodeCheckpoint, parseCheckpoint, type Checkpoint, type Facts } from './checkpoint.js';
import { runFiles, thenResume, trialFolder } from './layout.js';
import { makeFolder, replaceFile } from '../platform/replace-file.js';
import { assembleState, checkpointName, filesOf, type SavedState, type Which } from './saved-state.js';

export function checkpointPath(directory: string, variant: string, seed: number, which: Which): string {
  return join(directory, runFiles.checkpoints, checkpointName({ variant, seed }, which));
}

/**
 * Writes the checkpoints of a trial (see `filesOf`), each atomically and durably.
 * @param directory of the run, which is there
 * @param next what the error tells people to do once its reason is gone
 * @throws EngineError `not-written`; what was there before stays
 */
export function saveState(
  directory: string,
  state: TrialState,
  facts: Facts,
  next = thenResume(directory),
): void {
  const { variant, seed } = state.trial;
  makeFolder(directory, [runFiles.checkpoints, trialFolder(variant, seed)], next);
  for (const { which, snapshot } of filesOf(state))
    replaceFile(
      checkpointPath(directory, variant, seed, which),
      encodeCheckpoint(snapshot, state, facts),
      next,
    );
}

/** A trial's state as it was saved last; null if there is none. @throws EngineError `bad-file` */
export function readState(
  directory: string,
  { variant, seed }: Pick<Trial, 'variant' | 'seed'>,
): SavedState | null {
  const read = (which: Which): Checkpoint | null =>
    readIfThere(checkpointPath(directory, variant, seed, which));
  const last = read('last');
  if (last === null) return null;
  return assembleState(last, read('best'), checkpointPath(directory, variant, seed, 'best'));
}

function readIfThere(path: string): Checkpoint | null {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(path, cause);
  }
  return parseCheckpoint(bytes, path);
}

/** Reads one checkpoint of a trial. @throws EngineError `no-data` if there is none, `bad-file` */
export function readCheckpoint(
  directory: string,
  { variant, seed, which = 'best' }: { variant: string; seed: number; which?: Which },
): Checkpoint {
  const path = checkpointPath(directory, variant, seed, which);
  const checkpoint = readIfThere(path);
  if (checkpoint !== null) return checkpoint;
  throw new EngineError('no-data', `there is no checkpoint of ${variant}, seed ${seed}`, {
    found: `no ${path}`,
    expected: 'a run that trained this variant with this seed',
    remedy: 'see summary.json of the run for its variants and seeds',
  });
}

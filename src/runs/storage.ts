/** States of trials in a storage of any kind, in the files of a run's checkpoints. */
import { unreadable } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import type { FileStorage } from '../platform/file-storage.js';
import type { Trial, TrialState } from '../train/types.js';
import { encodeCheckpoint, parseCheckpoint, type Checkpoint, type Facts } from './checkpoint.js';
import { assembleState, checkpointName, filesOf, type SavedState, type Which } from './saved-state.js';

/** Where checkpoints are kept. */
export interface Place {
  readonly storage: FileStorage;
  /** What stands before the names of files in messages. */
  readonly prefix: string;
}

/** As `saveState`. @throws EngineError `not-written`; what was there before stays */
export async function storeState({ storage, prefix }: Place, state: TrialState, facts: Facts): Promise<void> {
  for (const { which, snapshot } of filesOf(state)) {
    const name = checkpointName(state.trial, which);
    const bytes = encodeCheckpoint(snapshot, state, facts);
    try {
      await storage.write(name, bytes);
    } catch (cause) {
      throw notStored(prefix + name, bytes.length, cause);
    }
  }
}

/** As `readState`: a trial's state as it was stored last, null without one. @throws EngineError `bad-file` */
export async function readStored(place: Place, trial: Trial): Promise<SavedState | null> {
  const last = await readOne(place, trial, 'last');
  if (last === null) return null;
  return assembleState(
    last,
    await readOne(place, trial, 'best'),
    place.prefix + checkpointName(trial, 'best'),
  );
}

async function readOne({ storage, prefix }: Place, trial: Trial, which: Which): Promise<Checkpoint | null> {
  const name = checkpointName(trial, which);
  let bytes: unknown;
  try {
    bytes = await storage.read(name);
  } catch (cause) {
    throw unreadable(prefix + name, cause);
  }
  if (bytes === null || bytes === undefined) return null;
  if (!(bytes instanceof Uint8Array))
    throw new EngineError('usage', `the storage gave ${prefix}${name} as something else than bytes`, {
      found: typeof bytes === 'object' ? bytes.constructor.name : typeof bytes,
      expected: 'a Uint8Array, or null where there is no such file',
    });
  try {
    return parseCheckpoint(bytes, prefix + name);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    const { kind, message, found, expected } = cause;
    const remedy = 'bring the file back from a copy, or train again in another place';
    throw new EngineError(kind, message, { found, expected, remedy, cause });
  }
}

function notStored(path: string, bytes: number, cause: unknown): EngineError {
  if (cause instanceof EngineError) return cause;
  const isFull = cause instanceof Error && cause.name === 'QuotaExceededError';
  return new EngineError('not-written', `${path} could not be written`, {
    found: cause instanceof Error ? cause.message : String(cause),
    expected: `room for ${bytes} bytes`,
    remedy:
      (isFull
        ? 'free space on the disk, or delete data that the browser keeps for this site, '
        : 'see to what the storage says, ') + 'then train again: it resumes from the checkpoint before',
    cause,
  });
}

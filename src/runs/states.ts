/** States of trials in the directory of a run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../base/errors.js';
import { badFile, unreadable } from '../base/bad-file.js';
import type { Snapshot, Trial, TrialState } from '../train/types.js';
import { watchOf } from '../train/trial-run.js';
import { encodeCheckpoint, parseCheckpoint, type Checkpoint, type Facts } from './checkpoint.js';
import { runFiles, thenResume, trialFolder } from './layout.js';
import { makeFolder, replaceFile } from '../platform/replace-file.js';

/** The weights that the results are measured with, or those after the last epoch. */
export type Which = 'best' | 'last';

export function checkpointPath(directory: string, variant: string, seed: number, which: Which): string {
  return join(directory, runFiles.checkpoints, trialFolder(variant, seed), `${which}.safetensors`);
}

/**
 * Writes the checkpoints of a trial, each atomically and durably: `best` where the state has it, then `last`.
 *
 * In this order, because a process can end between the two: then `best` is newer than `last`, and a training
 * that resumes from `last` comes to that same epoch again.
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
  const path = (which: Which): string => checkpointPath(directory, variant, seed, which);
  makeFolder(directory, [runFiles.checkpoints, trialFolder(variant, seed)], next);
  if (state.best !== null) replaceFile(path('best'), encodeCheckpoint(state.best, state, facts), next);
  replaceFile(path('last'), encodeCheckpoint(state.last, state, facts), next);
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
  const best = read('best');
  const wanted = watchOf(last.history).best?.epoch ?? null;
  const { trial, seconds, stopped, stepsPerEpoch, kernels } = last.facts;
  const isNeeded = trial.config.patience !== null && wanted !== null;
  if (isNeeded && (best === null || best.epoch < wanted))
    throw badFile(checkpointPath(directory, variant, seed, 'best'), 'it is not the best epoch so far', {
      found: best === null ? 'no file' : `epoch ${best.epoch}`,
      expected: `epoch ${wanted} or, where saving was cut off, a later one`,
      remedy: 'bring the files of the run back from a copy, or train again',
    });
  const { history, epochSeconds, metrics } = last;
  const state = { trial, last, best: best && reachedAgain(best, last), metrics, history, epochSeconds };
  return { state: { ...state, seconds, stopped, stepsPerEpoch, kernels }, facts: last.facts };
}

export interface SavedState {
  readonly state: TrialState;
  readonly facts: Checkpoint['facts'];
}

/**
 * A `best` that is newer than `last` is of an epoch that the training will come to again; until then nothing
 * looks at it, but it must not pass for one of an epoch that is done.
 */
function reachedAgain(best: Checkpoint, last: Checkpoint): Snapshot {
  return best.epoch <= last.epoch
    ? best
    : { ...best, epoch: watchOf(last.history).best?.epoch ?? last.epoch };
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

/** No more than this share of a training's time goes into saving. */
const largestShare = 0.02;

/** When checkpoints are taken: after the first epoch, then as often as asked for and as saving is cheap. */
export class CheckpointPace {
  private savedAt = -Infinity;
  private costMs = 0;

  /** @param seconds between two checkpoints at least; 0: one after every epoch, at any cost */
  constructor(private readonly seconds: number) {}

  isDue(now = performance.now()): boolean {
    const least = this.seconds === 0 ? 0 : Math.max(1000 * this.seconds, this.costMs / largestShare);
    return now - this.savedAt >= least;
  }

  measure(save: () => void): void {
    const started = performance.now();
    save();
    this.savedAt = performance.now();
    this.costMs = this.savedAt - started;
  }
}

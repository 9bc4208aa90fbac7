/** What of a trial is saved, in which file, and what a training resumes from: wherever the files lie. */
import { badFile } from '../base/bad-file.js';
import type { Snapshot, Trial, TrialState } from '../train/types.js';
import { watchOf } from '../train/trial-run.js';
import type { Checkpoint } from './checkpoint.js';
import { trialFolder } from './layout.js';

/** The weights that the results are measured with, or those after the last epoch. */
export type Which = 'best' | 'last';

/** A trial's state as it was saved, and what the file says of the run. */
export interface SavedState {
  readonly state: TrialState;
  readonly facts: Checkpoint['facts'];
}

/** `batch-size=32-seed0/last.safetensors`: where a checkpoint lies under the folder of all of them. */
export function checkpointName({ variant, seed }: Pick<Trial, 'variant' | 'seed'>, which: Which): string {
  return `${trialFolder(variant, seed)}/${which}.safetensors`;
}

/**
 * The files that a state is saved in, in this order: `best` where the state has it, then `last`. A program
 * can end between the two: then `best` is newer than `last`, and a training that resumes from `last` comes to
 * that same epoch again.
 */
export function filesOf({
  best,
  last,
}: TrialState): { readonly which: Which; readonly snapshot: Snapshot }[] {
  const lastFile = { which: 'last', snapshot: last } as const;
  return best === null ? [lastFile] : [{ which: 'best', snapshot: best }, lastFile];
}

/**
 * The state that two checkpoints of a trial hold.
 * @param best null: there is none @param bestPath its path, for messages
 * @throws EngineError `bad-file` where the best epoch so far is needed and missing
 */
export function assembleState(last: Checkpoint, best: Checkpoint | null, bestPath: string): SavedState {
  const wanted = watchOf(last.history).best?.epoch ?? null;
  const { trial, seconds, stopped, stepsPerEpoch, kernels } = last.facts;
  const isNeeded = trial.config.patience !== null && wanted !== null;
  if (isNeeded && (best === null || best.epoch < wanted))
    throw badFile(bestPath, 'it is not the best epoch so far', {
      found: best === null ? 'no file' : `epoch ${best.epoch}`,
      expected: `epoch ${wanted} or, where saving was cut off, a later one`,
      remedy: 'bring the files of the run back from a copy, or train again',
    });
  const { history, epochSeconds, metrics } = last;
  const state = { trial, last, best: best && reachedAgain(best, last), metrics, history, epochSeconds };
  return { state: { ...state, seconds, stopped, stepsPerEpoch, kernels }, facts: last.facts };
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

/** At least so many seconds lie between two checkpoints: saving costs nothing that can be measured. */
export const defaultCheckpointSeconds = 10;

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

  /** @param startedMs when saving began, on the clock of `performance.now` */
  saved(startedMs: number): void {
    this.savedAt = performance.now();
    this.costMs = this.savedAt - startedMs;
  }
}

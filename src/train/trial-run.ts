/** What the host keeps of one trial while its group trains. */
import type { BatchMetrics, EpochReadback, Finding } from './divergence.js';
import type { Sizes } from './plan-training.js';
import type { EpochRecord, Score, Trial, TrialResult, TrialState } from './types.js';

export interface TrialRun {
  /** Its place in the group, and in every tensor. */
  readonly index: number;
  readonly trial: Trial;
  readonly history: EpochRecord[];
  /** Seconds of training until the end of each epoch. */
  readonly epochSeconds: number[];
  watch: Watch;
  stopped: TrialResult['stopped'] | null;
  /** How it was found to have diverged: then it trains no further, and only its kept state is sound. */
  diverged: Finding | null;
  /** Training time so far, until it stopped. */
  seconds: number;
  /** The epoch whose weights are kept on the GPU; 0: none is. */
  keptEpoch: number;
  /** The epoch whose parameters are kept beside these, where somebody may ask for them; 0: none is. */
  rememberedEpoch: number;
  handedOut: Position;
}

/** How far a trial has come, and the epoch whose weights are kept. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
  readonly kept: number;
  readonly isOver: boolean;
}

/** @param state what it resumes from; null: it begins */
export function createRun(index: number, trial: Trial, state: TrialState | null): TrialRun {
  const { epoch, step } = state?.last ?? { epoch: 0, step: 0 };
  const kept = state?.best?.epoch ?? (step === 0 ? epoch : 0);
  return {
    index,
    trial,
    history: [...(state?.history ?? [])],
    epochSeconds: [...(state?.epochSeconds ?? [])],
    watch: watchOf(state?.history ?? []),
    stopped: state?.stopped ?? null,
    diverged: null,
    seconds: state?.seconds ?? 0,
    keptEpoch: kept,
    rememberedEpoch: 0,
    handedOut: { epoch, step, kept, isOver: state !== null && state.stopped !== null },
  };
}

/** What early stopping remembers after these epochs. */
export function watchOf(history: readonly EpochRecord[]): Watch {
  return history.reduce(
    (seen, { epoch, validation }) => (validation === null ? seen : watch(seen, epoch, validation)),
    nothingSeen,
  );
}

/** Adds the epoch to each trial's history. @returns the trials whose validation loss is the lowest so far */
export function takeIn(
  active: readonly TrialRun[],
  readback: EpochReadback,
  sizes: Sizes,
  epoch: number,
  seconds: number,
): TrialRun[] {
  return active.filter((run) => {
    const train = score(readback.train[run.index]!.slice(0, sizes.trainSteps), sizes.train);
    const validation =
      sizes.validation === 0
        ? null
        : score(readback.evaluation[run.index]!.slice(0, sizes.validationSteps), sizes.validation);
    run.history.push({ epoch, train, validation });
    run.epochSeconds.push(seconds);
    run.seconds = seconds;
    if (validation === null) return false;
    run.watch = watch(run.watch, epoch, validation);
    return run.watch.waited === 0;
  });
}

/** Whether the weights of the epoch that just ended are the result so far. */
export function isKept({ trial, watch: { best, waited } }: TrialRun): boolean {
  // Without early stopping, or anything to judge epochs by, the last weights are the result.
  return trial.config.patience === null || best === null || waited === 0;
}

/** Marks the trials that are done. @returns those that train on */
export function settle(active: readonly TrialRun[], epoch: number): TrialRun[] {
  for (const run of active) {
    if (epoch === run.trial.config.epochs) run.stopped = 'completed';
    else if (isOver(run.watch, run.trial.config.patience)) run.stopped = 'early';
  }
  return active.filter((run) => run.stopped === null);
}

/** Means over samples, summed in f64. */
export function score(metrics: readonly BatchMetrics[], samples: number): Score {
  let loss = 0;
  let correct = 0;
  for (const batch of metrics) {
    loss += batch.loss;
    correct += batch.correct;
  }
  return { loss: loss / samples, accuracy: correct / samples };
}

/** What early stopping remembers between epochs. */
export interface Watch {
  readonly best: { readonly epoch: number; readonly score: Score } | null;
  readonly waited: number;
}

export const nothingSeen: Watch = { best: null, waited: 0 };

/** Takes in an epoch's validation score; a strictly lower loss is better. @param epoch counted from 1 */
export function watch(before: Watch, epoch: number, score: Score): Watch {
  if (before.best === null || score.loss < before.best.score.loss)
    return { best: { epoch, score }, waited: 0 };
  return { best: before.best, waited: before.waited + 1 };
}

/** True once `patience` epochs in a row brought nothing better; null waits for ever. */
export function isOver(state: Watch, patience: number | null): boolean {
  return patience !== null && state.waited >= patience;
}

import type { Score } from './types.js';

/** What early stopping remembers between epochs. */
export interface Watch {
  readonly best: { readonly epoch: number; readonly score: Score } | null;
  /** Epochs since the best one. */
  readonly waited: number;
}

export const nothingSeen: Watch = { best: null, waited: 0 };

/**
 * Takes in an epoch's validation score. Better means a strictly lower loss.
 * @param epoch counted from 1
 */
export function watch(before: Watch, epoch: number, score: Score): Watch {
  if (before.best === null || score.loss < before.best.score.loss)
    return { best: { epoch, score }, waited: 0 };
  return { best: before.best, waited: before.waited + 1 };
}

/** True once `patience` epochs in a row brought nothing better; null waits for ever. */
export function isOver(state: Watch, patience: number | null): boolean {
  return patience !== null && state.waited >= patience;
}

import { maxTrials } from '../kernels/index.js';
import type { Trial } from './types.js';

/** Trials of one shape, which train side by side; `positions` are their places in the list that the caller gave. */
export interface TrialGroup {
  readonly trials: readonly Trial[];
  readonly positions: readonly number[];
}

/**
 * Puts trials together that can share their dispatches: the same layers, batch size, number of epochs and split.
 * Everything else (rate, decay, dropout, patience, seed) may differ from trial to trial.
 * @param fits whether so many trials of this shape fit the device; asked for ever fewer until it does, down to 1
 * @param position how far a trial has come: only those that have come equally far share their dispatches
 */
export function groupTrials(
  trials: readonly Trial[],
  fits: (trial: Trial, count: number) => boolean = () => true,
  position: (trial: Trial) => string = () => '',
): TrialGroup[] {
  const byShape = new Map<string, number[]>();
  trials.forEach((trial, place) => {
    const { hidden, batchSize, epochs, validation } = trial.config;
    const key = JSON.stringify([hidden, batchSize, epochs, validation, position(trial)]);
    byShape.set(key, [...(byShape.get(key) ?? []), place]);
  });
  return [...byShape.values()].flatMap((positions) => {
    let size = Math.min(positions.length, maxTrials);
    while (size > 1 && !fits(trials[positions[0]!]!, size)) size--;
    const groups: TrialGroup[] = [];
    for (let first = 0; first < positions.length; first += size) {
      const part = positions.slice(first, first + size);
      groups.push({ positions: part, trials: part.map((position) => trials[position]!) });
    }
    return groups;
  });
}

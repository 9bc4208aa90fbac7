import { maxTrials } from '../kernels/index.js';
import type { Trial } from './types.js';

/** Trials of one shape, which train side by side, and their places in the list that the caller gave. */
export interface TrialGroup {
  readonly trials: readonly Trial[];
  readonly positions: readonly number[];
}

/**
 * Puts trials together that can share their dispatches: the same layers, batch size, number of epochs and
 * split. Everything else (rate, decay, dropout, patience, seed) may differ from trial to trial.
 * @param most how many trials of one shape fit the device side by side; at least one makes a group
 * @param progress how far the trial at a place has come: only those that have come equally far share their
 *   dispatches
 */
export function groupTrials(
  trials: readonly Trial[],
  most: (members: readonly Trial[]) => number = () => maxTrials,
  progress: (place: number) => string = () => '',
): TrialGroup[] {
  const byShape = new Map<string, number[]>();
  trials.forEach(({ config: { hidden, batchSize, epochs, validation } }, place) => {
    const key = JSON.stringify([hidden, batchSize, epochs, validation, progress(place)]);
    byShape.set(key, [...(byShape.get(key) ?? []), place]);
  });
  const groupOf = (positions: readonly number[]): TrialGroup => ({
    positions,
    trials: positions.map((place) => trials[place]!),
  });
  return [...byShape.values()].flatMap((positions) => {
    const size = Math.max(1, most(groupOf(positions).trials));
    return Array.from({ length: Math.ceil(positions.length / size) }, (_, group) =>
      groupOf(positions.slice(group * size, (group + 1) * size)),
    );
  });
}

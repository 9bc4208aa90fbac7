import { maxTrials } from '../kernels/index.js';
import type { Update } from '../graph/index.js';
import type { TrainConfig, Trial } from './types.js';

/** Trials of one shape, which train side by side, and their places in the list that the caller gave. */
export interface TrialGroup {
  readonly trials: readonly Trial[];
  readonly positions: readonly number[];
}

/** How the training step of a trial updates its parameters. */
export function updateOf({ optimizer, clipNorm }: Pick<TrainConfig, 'optimizer' | 'clipNorm'>): Update {
  return { optimizer, clips: clipNorm !== null };
}

/**
 * Puts trials together that can share their dispatches: the same layers, batch size, number of epochs, split
 * and optimiser, and all with gradient clipping or all without. Everything else (rate, decay, dropout,
 * momentum, norm, patience, seed) may differ from trial to trial.
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
  trials.forEach(({ config }, place) => {
    const { hidden, batchSize, epochs, validation } = config;
    const { optimizer, clips } = updateOf(config);
    const shape = [hidden, batchSize, epochs, validation, optimizer, clips];
    const key = JSON.stringify([...shape, progress(place)]);
    const members = byShape.get(key);
    if (members === undefined) byShape.set(key, [place]);
    else members.push(place);
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

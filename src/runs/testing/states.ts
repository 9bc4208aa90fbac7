/** Made-up states of trials. */
import type { EpochRecord, NamedParameters, Snapshot, Trial, TrialState } from '../../train/types.js';

export interface MadeState {
  /** Of each epoch that is done; null without validation. */
  readonly valLosses: readonly (number | null)[];
  readonly step?: number;
  readonly stopped?: TrialState['stopped'];
  /** The epoch of the best snapshot; null: the state has none. By default that with the lowest loss. */
  readonly best?: number | null;
}

/** Parameters of a network of one layer [4, 10], which tell a seed and an epoch apart. */
export function madeParameters(trial: Trial, epoch: number): NamedParameters {
  const [inputs, classes] = [4, 10];
  const data = new Float32Array(inputs * classes).fill(epoch).fill(trial.seed, 0, 1).fill(-0, 1, 2);
  return new Map([
    ['layer0.weight', { shape: [inputs, classes], data }],
    ['layer0.bias', { shape: [classes], data: data.slice(0, classes).map((value) => value * 1e-42) }],
  ]);
}

export function madeSnapshot(trial: Trial, epoch: number, step = 0): Snapshot {
  const scaled = (factor: number): NamedParameters =>
    new Map(
      [...madeParameters(trial, epoch)].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((value) => (value === 0 ? value : factor * value + step)) },
      ]),
    );
  return { epoch, step, parameters: scaled(1), firstMoments: scaled(-0.5), secondMoments: scaled(0.25) };
}

export function madeState(trial: Trial, made: MadeState): TrialState {
  const { valLosses, step = 0, stopped = null } = made;
  const history = valLosses.map((loss, i): EpochRecord => ({
    epoch: i + 1,
    train: { loss: 1 / 3, accuracy: 0.25 },
    validation: loss === null ? null : { loss, accuracy: 0.5 },
  }));
  const lowest = valLosses.reduce<number>(
    (best, loss, i) => (loss !== null && loss < (valLosses[best - 1] ?? Infinity) ? i + 1 : best),
    0,
  );
  const best = made.best === undefined ? lowest || null : made.best;
  const last = madeSnapshot(trial, history.length, step);
  return {
    trial,
    last,
    best: best === null ? null : best === history.length && step === 0 ? last : madeSnapshot(trial, best),
    metrics: Uint32Array.from({ length: 2 * step }, (_, i) => i),
    history,
    epochSeconds: history.map(({ epoch }) => epoch / 2),
    seconds: history.length / 2 + step / 100,
    stopped,
    stepsPerEpoch: 10,
    kernels: { training: ['layer0 dense_forward_images.tile'], evaluation: [] },
  };
}

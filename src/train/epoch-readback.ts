import { metricsTiles } from '../graph/index.js';
import type { Places } from './finite-check.js';

/** Loss sum and correct count of one batch. */
export interface BatchMetrics {
  readonly loss: number;
  readonly correct: number;
}

/** What an epoch leaves on the GPU, read back with one wait; outer index: the trial. */
export interface EpochReadback {
  readonly train: readonly (readonly BatchMetrics[])[];
  readonly evaluation: readonly (readonly BatchMetrics[])[];
  /** NaN and infinities in parameters and moments. */
  readonly nonfinite: Places;
  /** Those that were there before the first step. */
  readonly nonfiniteAtStart: Places;
  /** Milliseconds that the host had to wait for it. */
  readonly waitedMs: number;
}

/** Adds up the tiles of each batch. @param data for each tile a loss (f32) and a count (u32) */
export function metricsOf(data: ArrayBuffer, trials: number, batch: number): BatchMetrics[][] {
  const losses = new Float32Array(data);
  const counts = new Uint32Array(data);
  const stride = losses.length / trials;
  const tiles = metricsTiles(batch);
  return Array.from({ length: trials }, (_, trial) =>
    Array.from({ length: Math.floor(stride / (2 * tiles)) }, (__, slot) => {
      let loss = 0;
      let correct = 0;
      for (let tile = 0; tile < tiles; tile++) {
        const at = trial * stride + 2 * (slot * tiles + tile);
        loss += losses[at]!;
        correct += counts[at + 1]!;
      }
      return { loss, correct };
    }),
  );
}

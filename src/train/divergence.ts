/** How it is noticed, at the end of an epoch, that a trial has diverged. */
import type { Place, Places } from './finite-check.js';
import type { Sizes } from './plan-training.js';
import { metricsTiles } from '../graph/index.js';

/** What the readback of an epoch says of a trial that has diverged in it. */
export interface Finding {
  /** Counted from 1; for the test set the epoch whose weights are tested. */
  readonly epoch: number;
  readonly part: 'start' | 'training' | 'validation' | 'test';
  /** The first step or batch of that part whose loss is not finite, from 0; null: there is none. */
  readonly batch: number | null;
  /** Where parameters and moments are not finite, at the start of the epoch or at its end. */
  readonly places: readonly Place[];
}

/**
 * The first sign of divergence in an epoch. What it began with comes first, then the losses of its steps,
 * then what it ended with; finite parameters can still be so large that an evaluation overflows.
 * @param index of the trial
 * @returns null if every number is finite
 */
export function findDivergence(
  readback: EpochReadback,
  index: number,
  { trainSteps, validationSteps }: Sizes,
  epoch: number,
): Finding | null {
  const atStart = readback.nonfiniteAtStart[index]!;
  if (atStart.length > 0) return { epoch, part: 'start', batch: null, places: atStart };
  const places = readback.nonfinite[index]!;
  const step = firstOverflow(readback.train[index]!.slice(0, trainSteps));
  if (step !== null || places.length > 0) return { epoch, part: 'training', batch: step, places };
  const batch = firstOverflow(readback.evaluation[index]!.slice(0, validationSteps));
  return batch === null ? null : { epoch, part: 'validation', batch, places };
}

/** The first batch whose loss is not finite; null if there is none. */
export function firstOverflow(metrics: readonly BatchMetrics[]): number | null {
  const batch = metrics.findIndex(({ loss }) => !Number.isFinite(loss));
  return batch < 0 ? null : batch;
}

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

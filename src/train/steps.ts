import type { StepRecord } from '../kernels/index.js';

/** Batches needed for `samples`: the last, smaller one is used, not dropped. */
export function batches(samples: number, batch: number): number {
  return Math.ceil(samples / batch);
}

/**
 * The step records of a pass over `samples` in order.
 * @param first number of the first step: counts optimiser steps over the whole run
 * @param offset where the samples begin in the list of indices
 * @param slot where the metrics of the first batch go
 */
export function passOver(samples: number, batch: number, first: number, offset = 0, slot = 0): StepRecord[] {
  return Array.from({ length: batches(samples, batch) }, (_, i) => ({
    number: first + i,
    slot: slot + i,
    offset: offset + i * batch,
    rows: Math.min(batch, samples - i * batch),
  }));
}

import { expect } from 'vitest';
import { expectWithin } from '../compare.js';
import { type KernelResult, poison } from '../gpu-harness.js';
import type { LossCall } from './cases/dense_softmax_cross_entropy.js';

/**
 * Predictions, and the metric records of the batch; other records are as they were.
 * @param exact whether the logits are, so that rounding decides no prediction
 * @returns the largest error of a loss sum as a share of its bound
 */
export function compareLoss(call: LossCall, result: KernelResult, trial: number, exact: boolean): number {
  const { losses, correct, predicted, margin } = call.expectedLoss[trial]!;
  if (!exact) expect(margin, 'choose other values: rounding may decide a prediction').toBeGreaterThan(0);
  expect(result.u32('predicted', trial), `predictions of trial ${trial}`).toEqual(predicted);
  const bits = result.u32('metrics', trial);
  const sums = result.f32('metrics', trial);
  const first = 2 * call.firstRecord;
  const end = first + 2 * correct.length;
  const found = correct.map((_, tile) => sums[first + 2 * tile]!);
  const share = expectWithin(found, losses.values, losses.bound, `loss sums of trial ${trial}`);
  expect(
    correct.map((_, tile) => bits[first + 2 * tile + 1]),
    `right predictions of trial ${trial}`,
  ).toEqual(correct);
  const others = bits.every((word, i) => (i >= first && i < end) || word === poison);
  expect(others, `records of other steps of trial ${trial} are not written`).toBe(true);
  return share;
}

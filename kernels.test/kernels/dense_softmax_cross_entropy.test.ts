import { describe, expect, it } from 'vitest';
import { uniform } from '../arrays.js';
import { expectWithin } from '../compare.js';
import { type KernelResult, poison, runKernel } from '../gpu-harness.js';
import { denseSoftmaxCrossEntropyCall, type LossCall } from './cases/dense_softmax_cross_entropy.js';
import { compare } from './product-call.js';
import { describeProduct } from './product-suite.js';
import { noteShares } from './shares.js';
import { traitsFor, useGpu, wholeNumbers, wholeTileVariants } from './support.js';

describeProduct('dense_softmax_cross_entropy', (shape) => denseSoftmaxCrossEntropyCall(shape), {
  exact: false,
  variants: wholeTileVariants,
  maxColumns: 32,
});

const gpu = useGpu();
const note = noteShares('dense_softmax_cross_entropy, metrics');

describe.each(wholeTileVariants)('dense_softmax_cross_entropy, variant %s', (variant) => {
  it.for([
    { rows: 1, present: 1, classes: 1 },
    { rows: 31, present: 31, classes: 10 },
    { rows: 32, present: 32, classes: 10 },
    { rows: 33, present: 33, classes: 3 },
    { rows: 70, present: 64, classes: 31 },
    { rows: 70, present: 3, classes: 32 },
    { rows: 128, present: 100, classes: 10 },
  ])(
    'gives losses, predictions and counts: $present of $rows rows, $classes classes',
    async (size, context) => {
      const { rows, present, classes } = size;
      // Logits of whole numbers are exact, so that the first of equals is certain.
      for (const values of [wholeNumbers, uniform]) {
        const shape = { rows, inner: 7, columns: classes, trials: 3, values };
        const call = denseSoftmaxCrossEntropyCall(shape, present);
        const result = await runKernel(gpu(), { ...call.run, traits: traitsFor(gpu(), variant, context) });
        compare(call, result, `${present} of ${rows} rows`, note);
        call.expectedLoss.forEach((_, trial) => {
          compareLoss(call, result, trial, values === wholeNumbers);
        });
      }
    },
  );

  it('survives logits that are far apart', async (context) => {
    const far = (length: number, seed: number): Float32Array => uniform(length, seed, -3000, 3000);
    const shape = { rows: 40, inner: 9, columns: 10, trials: 1, values: far };
    const call = denseSoftmaxCrossEntropyCall(shape);
    const result = await runKernel(gpu(), { ...call.run, traits: traitsFor(gpu(), variant, context) });
    compare(call, result, 'far apart', note);
    compareLoss(call, result, 0, false);
  });
});

describe('dense_softmax_cross_entropy', () => {
  it('refuses more classes than a tile has columns', async () => {
    const shape = { rows: 4, inner: 4, columns: 33, trials: 1, values: uniform };
    const { run } = denseSoftmaxCrossEntropyCall(shape);
    await expect(runKernel(gpu(), run)).rejects.toThrow(/operand dz has the wrong shape/);
  });
});

/**
 * Predictions, and the metric records of the batch; other records are as they were.
 * @param exact whether the logits are, so that rounding decides no prediction
 */
function compareLoss(call: LossCall, result: KernelResult, trial: number, exact: boolean): void {
  const { losses, correct, predicted, margin } = call.expectedLoss[trial]!;
  if (!exact) expect(margin, 'choose other values: rounding may decide a prediction').toBeGreaterThan(0);
  expect(result.u32('predicted', trial)).toEqual(predicted);
  const bits = result.u32('metrics', trial);
  const sums = result.f32('metrics', trial);
  const first = 2 * call.firstRecord;
  const end = first + 2 * correct.length;
  const found = correct.map((_, tile) => sums[first + 2 * tile]!);
  note('loss', expectWithin(found, losses.values, losses.bound, `loss sums of trial ${trial}`));
  expect(correct.map((_, tile) => bits[first + 2 * tile + 1])).toEqual(correct);
  expect(bits.every((word, i) => (i >= first && i < end) || word === poison)).toBe(true);
}

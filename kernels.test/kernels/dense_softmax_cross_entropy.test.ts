import { describe, expect, it } from 'vitest';
import { uniform } from '../arrays.js';
import { runKernel } from '../gpu-harness.js';
import { denseSoftmaxCrossEntropyCall } from './cases/dense_softmax_cross_entropy.js';
import { compareLoss } from './loss-check.js';
import { compare } from './product-call.js';
import { describeProduct } from './product-suite.js';
import { noteShares } from './shares.js';
import { lowTileVariants, traitsFor, useGpu, wholeNumbers } from './support.js';

describeProduct('dense_softmax_cross_entropy', (shape) => denseSoftmaxCrossEntropyCall(shape), {
  exact: false,
  variants: lowTileVariants,
  maxColumns: 32,
});

const gpu = useGpu();
const note = noteShares('dense_softmax_cross_entropy, metrics');

describe.each(lowTileVariants)('dense_softmax_cross_entropy, variant %s', (variant) => {
  it.for([
    { rows: 1, present: 1, classes: 1 },
    { rows: 31, present: 31, classes: 10 },
    { rows: 32, present: 32, classes: 10 },
    { rows: 33, present: 33, classes: 3 },
    { rows: 70, present: 64, classes: 31 },
    { rows: 70, present: 3, classes: 32 },
    { rows: 128, present: 100, classes: 10 },
    // The largest batch of an evaluation.
    { rows: 1024, present: 1020, classes: 3 },
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
          note('loss', compareLoss(call, result, trial, values === wholeNumbers));
        });
      }
    },
  );

  it('smooths labels by each trial', async (context) => {
    for (const columns of [1, 6, 32]) {
      const shape = { rows: 35, inner: 7, columns, trials: 3, values: uniform };
      const call = denseSoftmaxCrossEntropyCall(shape, 33, [0.1, 0, 0.9]);
      const result = await runKernel(gpu(), { ...call.run, traits: traitsFor(gpu(), variant, context) });
      compare(call, result, `${columns} classes, smoothed`, note);
      call.expectedLoss.forEach((_, trial) => {
        note('smoothed loss', compareLoss(call, result, trial, false));
      });
    }
  });

  it('survives logits that are far apart', async (context) => {
    const far = (length: number, seed: number): Float32Array => uniform(length, seed, -3000, 3000);
    const shape = { rows: 40, inner: 9, columns: 10, trials: 1, values: far };
    const call = denseSoftmaxCrossEntropyCall(shape);
    const result = await runKernel(gpu(), { ...call.run, traits: traitsFor(gpu(), variant, context) });
    compare(call, result, 'far apart', note);
    note('loss', compareLoss(call, result, 0, false));
  });
});

describe('dense_softmax_cross_entropy', () => {
  it('refuses more classes than a tile has columns', async () => {
    const shape = { rows: 4, inner: 4, columns: 33, trials: 1, values: uniform };
    const { run } = denseSoftmaxCrossEntropyCall(shape);
    await expect(runKernel(gpu(), run)).rejects.toThrow(/operand dz has the wrong shape/);
  });
});

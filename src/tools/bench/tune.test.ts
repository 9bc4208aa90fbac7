/** Timing on the device, at sizes at which it is a matter of moments. What the times are is not looked at. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openGpu, type Gpu } from '../../gpu/index.js';
import { productVariant, runnableVariants } from '../../kernels/index.js';
import type { StepWork } from './measure.js';
import { timeVariants } from './tune.js';
import { entriesOf, verdictOf } from './tune-verdict.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.check();
  expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
  gpu.close();
});

const work: StepWork = {
  inputs: 12,
  hidden: [8, 8, 8],
  classes: 3,
  dropout: 0.3,
  learningRate: 1e-3,
  weightDecay: 5e-4,
  batchSize: 5,
};

it('every product of a step once, in every variant that it can have', async () => {
  const told: string[] = [];
  const times = await timeVariants(gpu, work, {
    rounds: 3,
    sampleMs: 1,
    onProduct: (ops, index, count) => told.push(`${index + 1}/${count} ${ops.join(' ')}`),
  });
  // Layers 1 and 2 have the same shapes.
  expect(told).toEqual([
    '1/8 layer0',
    '2/8 layer1 layer2',
    '3/8 layer3.loss',
    '4/8 layer3.input',
    '5/8 layer3.parameters',
    '6/8 layer2.input layer1.input',
    '7/8 layer2.parameters layer1.parameters',
    '8/8 layer0.parameters',
  ]);
  expect(times.flatMap(({ ops }) => ops)).toHaveLength(3 * 4 - 1);
  for (const { product, rule, flops, variants } of times) {
    const low = product.kernel === 'dense_softmax_cross_entropy';
    expect(rule).toBe(productVariant(gpu.traits, product, low));
    expect(variants.map(({ variant }) => variant)).toEqual(
      runnableVariants(gpu.traits).filter((variant) => !low || variant !== 'tile128'),
    );
    expect(flops).toBeGreaterThanOrEqual(2 * product.rows * product.columns * product.inner);
    for (const { us } of variants) {
      expect(us).toHaveLength(3);
      for (const each of us) expect(each).toBeGreaterThan(0);
    }
  }
  // Whatever was measured, it can be judged, and each choice is one that was measured.
  for (const entry of entriesOf(times.map(verdictOf)))
    expect(runnableVariants(gpu.traits).map(String)).toContain(entry.variant);
});

it('stops between two samples', async () => {
  const controller = new AbortController();
  const timing = timeVariants(gpu, work, {
    rounds: 1000,
    signal: controller.signal,
    onProduct: () => {
      controller.abort();
    },
  });
  await expect(timing).rejects.toMatchObject({ kind: 'interrupted' });
});

it('refuses a step that does not fit the device', async () => {
  await expect(
    timeVariants(gpu, { ...work, inputs: 65_536, hidden: [65_536] }, { rounds: 3 }),
  ).rejects.toMatchObject({ kind: 'usage' });
});

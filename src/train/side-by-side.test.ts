import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openGpu, type Gpu } from '../gpu/index.js';
import { planTraining, type Trial } from './index.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { outcome, trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.check();
  expect(gpu.count().buffers).toBe(0);
  gpu.close();
});

const dataset = tinyDataset({ randomLabels: true });
const shape = { hidden: [12, 7], epochs: 8, batchSize: 5 };
const different: readonly Trial[] = [
  trial({ ...shape }, 0, 'plain'),
  trial({ ...shape, dropout: 0.5 }, 0, 'dropout 0.5'),
  trial({ ...shape, dropout: 0.2 }, 1, 'dropout 0.2'),
  trial({ ...shape, weightDecay: 3 }, 0, 'decoupled'),
  trial({ ...shape, weightDecay: 0.1, decay: 'l2' }, 0, 'coupled'),
  trial({ ...shape, learningRate: 0.05 }, 0, 'fast'),
  trial({ ...shape, dropout: 0.5 }, 2 ** 33 + 1, 'another seed'),
  trial({ ...shape, lrSchedule: 'cosine', warmup: 2, weightDecay: 3 }, 0, 'cosine after a warm-up'),
  trial({ ...shape, labelSmoothing: 0.1 }, 0, 'smoothed'),
  trial({ ...shape, labelSmoothing: 0.4, dropout: 0.2 }, 0, 'smoothed more'),
  trial({ ...shape, dropout: [0, 0.3] }, 0, 'dropout after the second layer'),
  trial({ ...shape, dropout: [0.5, 0.2] }, 0, 'dropout after each layer'),
  trial({ ...shape, lrSchedule: 'linear' }, 0, 'linear'),
  trial({ ...shape, lrSchedule: 'step' }, 0, 'step'),
];
/** In groups of their own: by optimiser, and with clipping or without. */
const optimizers: readonly Trial[] = [
  trial({ ...shape }, 0, 'AdamW'),
  trial({ ...shape, clipNorm: 0.1 }, 0, 'clipped'),
  trial({ ...shape, optimizer: 'sgd', learningRate: 0.05 }, 0, 'SGD'),
  trial({ ...shape, optimizer: 'sgd', momentum: 0, weightDecay: 0.5 }, 0, 'no momentum'),
  trial({ ...shape, clipNorm: 0.3, dropout: 0.3 }, 1, 'clipped less'),
  trial({ ...shape, optimizer: 'sgd', clipNorm: 0.2, learningRate: 0.1 }, 0, 'SGD, clipped'),
  trial({ ...shape, optimizer: 'sgd', clipNorm: 1e-3, learningRate: 0.1 }, 0, 'SGD, clipped to little'),
];
const stopping: readonly Trial[] = [
  trial({ ...shape, learningRate: 0.2, patience: 1 }, 0, 'first to stop'),
  trial({ ...shape, dropout: 0.3 }, 1, 'to the end'),
  trial({ ...shape, learningRate: 0.1, patience: 2 }, 2, 'stops, too'),
  trial({ ...shape, weightDecay: 1, patience: 8 }, 3, 'to the end, the best weights'),
];

describe.each([true, false])('fused: %s', (fuse) => {
  test.each([
    ['other settings', different],
    ['other optimisers', optimizers],
    ['others stop earlier', stopping],
  ])('a trial alone and among others gives the same bits: %s', async (_, trials) => {
    const together = await train(gpu, dataset, trials, { fuse });
    const backwards = await train(gpu, dataset, trials.toReversed(), { fuse });
    expect(backwards.toReversed().map(outcome)).toEqual(together.map(outcome));
    for (const [i, each] of trials.entries()) {
      const [alone] = await train(gpu, dataset, [each], { fuse });
      expect(outcome(alone!), each.variant).toEqual(outcome(together[i]!));
    }
    // Nobody got somebody else's weights.
    expect(new Set(together.map(({ weightsSha256 }) => weightsSha256)).size).toBe(trials.length);
    if (trials === stopping) {
      const lengths = together.map(({ history }) => history.length);
      expect(lengths[1]).toBe(8);
      expect(lengths[3]).toBe(8);
      expect(Math.max(lengths[0]!, lengths[2]!)).toBeLessThan(8);
    }
  });
});

test('the same training twice gives the same bits', async () => {
  const first = await train(gpu, dataset, different);
  const second = await train(gpu, dataset, different);
  expect(second.map(outcome)).toEqual(first.map(outcome));
});

test('results come in the order of the trials, though shapes train one after the other', async () => {
  const trials = [
    trial({ batchSize: 4, epochs: 1 }, 0),
    trial({ batchSize: 7, epochs: 1 }, 1),
    trial({ batchSize: 4, epochs: 1 }, 2),
    trial({ hidden: [], epochs: 2 }, 3),
  ];
  const results = await train(gpu, dataset, trials);
  expect(results.map((result) => result.trial)).toEqual(trials);
  expect(results.map(({ history }) => history.length)).toEqual([1, 1, 1, 2]);
});

test('trials that do not fit the device together train in groups, with the same bits', async () => {
  const together = await train(gpu, dataset, different);
  // The parameters of three trials are the most that fit.
  const slice = 4 * (16 * 12 + 64 + 12 * 8 + 32 + 64 + 64 + 64);
  const traits = { ...gpu.traits, limits: { ...gpu.traits.limits, maxStorageBufferBindingSize: 3 * slice } };
  const small = Object.create(gpu, { traits: { value: traits } }) as Gpu;
  const sizes = planTraining(traits, dataset, different).groups.map(({ trials }) => trials.length);
  expect(sizes).toEqual([3, 3, 3, 3, 2]);
  const apart = await train(small, dataset, different);
  expect(apart.map(outcome)).toEqual(together.map(outcome));
});

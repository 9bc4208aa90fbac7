import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openGpu, type Gpu } from '../gpu/index.js';
import type { TrainConfig } from './index.js';
import { expectWithin } from '../../kernels.test/compare.js';
import { referenceTraining } from './testing/reference-training.js';
import { tinyDataset, type TinyOptions } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterEach(() => {
  gpu.check();
  expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
});
afterAll(() => {
  gpu.close();
});

/**
 * How far the loss of a free-running training may lie from that of one in f64. Adam's first steps are close
 * to sign(g) and amplify rounding, so there is no sharp bound; at a rate of 1e-3 and over tens of steps, 1e-5
 * is what parity with PyTorch asks for, too.
 */
const trajectory = 1e-5;

interface Case extends TinyOptions {
  readonly name: string;
  readonly config: Partial<TrainConfig>;
  readonly seed?: number;
}

const sgd = { optimizer: 'sgd', learningRate: 0.05 } as const;
const clipped = { clipNorm: 0.05, weightDecay: 0.1 };
const ten = { train: 10 };
const cases: readonly Case[] = [
  { name: '10 samples in batches of 4: the last one is short', ...ten, config: { validation: 0 } },
  { name: 'a batch larger than the training set', ...ten, config: { validation: 0, batchSize: 64 } },
  { name: 'batches of one', ...ten, config: { validation: 0, batchSize: 1 } },
  { name: 'held-out validation', config: { batchSize: 5 } },
  { name: 'layers of width 1', rows: 1, columns: 1, config: { hidden: [1, 1] }, classes: 2 },
  { name: 'layers of width 3', rows: 1, columns: 3, config: { hidden: [3, 3] } },
  { name: 'layers of width 5', rows: 5, columns: 1, config: { hidden: [5, 5] }, classes: 5 },
  {
    name: 'the best epoch is the first of three',
    rows: 5,
    columns: 1,
    config: { hidden: [5, 5], patience: 9 },
    classes: 5,
  },
  { name: 'no hidden layer', config: { hidden: [] } },
  { name: 'no hidden layer, but dropout asked for', config: { hidden: [], dropout: 0.5 } },
  { name: 'four hidden layers', config: { hidden: [7, 5, 33, 4], batchSize: 16 } },
  { name: 'one class', classes: 1, config: {} },
  { name: 'more classes than a quad, one without images', classes: 9, train: 30, test: 8, config: {} },
  { name: 'evaluation in several batches', columns: 1, train: 30, test: 2100, config: { epochs: 1 } },
  { name: 'f32 features', features: true, config: { hidden: [7, 5] } },
  { name: 'f32 features, and no hidden layer', features: true, config: { hidden: [], batchSize: 5 } },
  { name: 'f32 features of more classes than a tile', features: true, classes: 40, train: 90, config: {} },
  { name: 'dropout', config: { dropout: 0.5 } },
  { name: 'dropout, a seed of more than 32 bits', config: { dropout: 0.3 }, seed: 2 ** 40 + 12_345 },
  { name: 'decoupled decay', config: { weightDecay: 5 } },
  { name: 'dropout after each hidden layer', config: { hidden: [9, 7, 8], dropout: [0.2, 0.5, 0.1] } },
  { name: 'dropout after some hidden layers', config: { hidden: [9, 7, 8], dropout: [0, 0, 0.4] } },
  { name: 'smoothed labels', config: { labelSmoothing: 0.2, hidden: [7, 5] } },
  {
    name: 'smoothed labels of more classes than a tile',
    classes: 40,
    train: 90,
    config: { labelSmoothing: 0.1 },
  },
  { name: 'a cosine after a warm-up', config: { lrSchedule: 'cosine', warmup: 1, weightDecay: 5 } },
  { name: 'a linear schedule', config: { lrSchedule: 'linear', weightDecay: 0.1, decay: 'l2' } },
  { name: 'a schedule in steps', config: { lrSchedule: 'step', epochs: 4 } },
  { name: 'coupled decay', config: { weightDecay: 0.1, decay: 'l2', dropout: 0.2 } },
  { name: 'SGD', config: { ...sgd, hidden: [7, 5] } },
  { name: 'SGD without momentum, no hidden layer', config: { ...sgd, hidden: [], momentum: 0 } },
  { name: 'SGD, decoupled decay, dropout', config: { ...sgd, weightDecay: 0.5, dropout: 0.3 } },
  {
    name: 'SGD, coupled decay, f32 features',
    features: true,
    config: { ...sgd, weightDecay: 0.1, decay: 'l2' },
  },
  { name: 'SGD of more classes than a tile', classes: 40, train: 90, config: sgd },
  { name: 'clipping', config: { clipNorm: 0.1, hidden: [7, 5], dropout: 0.2 } },
  { name: 'clipping, no hidden layer, coupled decay', config: { ...clipped, hidden: [], decay: 'l2' } },
  { name: 'clipping by a norm that is never reached', config: { clipNorm: 1e30 } },
  { name: 'clipping with SGD, f32 features', features: true, config: { ...sgd, ...clipped } },
];

describe.each([true, false])('fused: %s', (fuse) => {
  test.each(cases)('$name', async ({ config, seed, ...options }) => {
    const dataset = tinyDataset(options);
    const given = trial(config, seed);
    const [result] = await train(gpu, dataset, [given], { fuse });
    const expected = referenceTraining(dataset, given);
    expect(result!.history).toHaveLength(given.config.epochs);
    result!.history.forEach((record, i) => {
      const reference = expected.history[i]!;
      for (const part of ['train', 'validation'] as const) {
        const [found, wanted] = [record[part], reference[part]];
        expect(found === null, `${part} of epoch ${i + 1}`).toBe(wanted === null);
        if (found === null || wanted === null) continue;
        expectWithin([found.loss], [wanted.loss], [trajectory], `${part} loss of epoch ${i + 1}`);
        expect(found.accuracy, `${part} accuracy of epoch ${i + 1}`).toBe(wanted.accuracy);
      }
    });
    const losses = expected.history.map(({ validation }) => validation?.loss ?? Number.NaN);
    const lowest = losses.indexOf(Math.min(...losses)) + 1;
    expect(result!.best?.epoch ?? 0).toBe(lowest);
    expectWithin([result!.test.loss], [expected.test.loss], [trajectory], 'test loss');
    expect(result!.test.accuracy).toBe(expected.test.accuracy);
    expect(result!.confusion).toEqual(expected.confusion);
  });
});

test('the settings under test matter: each changes the losses by far more than the tolerance', () => {
  const dataset = tinyDataset();
  const last = (config: Partial<TrainConfig>, seed = 0): number =>
    referenceTraining(dataset, trial(config, seed)).history.at(-1)!.train.loss;
  const plain = last({});
  const others = [
    last({ dropout: 0.3 }),
    last({ weightDecay: 5 }),
    last({ weightDecay: 0.1, decay: 'l2' }),
    last({ batchSize: 5 }),
    last(sgd),
    last({ ...sgd, clipNorm: 0.05 }),
    last({ clipNorm: 1e-7 }),
    last({}, 1),
  ];
  const sgdPlain = last(sgd);
  for (const change of [{ momentum: 0 }, { weightDecay: 0.1 }, { clipNorm: 0.05 }])
    expect(Math.abs(last({ ...sgd, ...change }) - sgdPlain)).toBeGreaterThan(50 * trajectory);
  for (const other of others) expect(Math.abs(other - plain)).toBeGreaterThan(50 * trajectory);
});

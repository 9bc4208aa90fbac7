import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { messageOf } from '../gpu/failures.js';
import { openGpu, type Gpu } from '../gpu/index.js';
import { lavapipe } from '../kernels/testing/traits.js';
import { isLong } from '../testing/modes.js';
import { planTraining, type Trial, type TrialState } from './index.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { outcome, trial } from './testing/trials.js';
import { divideIntoFillings, fitsWhole, windowSize } from './windows.js';

describe('a pass is divided into fillings', () => {
  test('of whole batches, and lists count places in them', () => {
    const list = Uint32Array.of(9, 7, 5, 3, 1, 0, 2);
    const fillings = divideIntoFillings([list], { offset: 1, count: 6, batch: 2, step: 10 }, 5);
    expect(fillings).toEqual([
      { first: 10, end: 12, samples: Uint32Array.of(7, 5, 3, 1) },
      { first: 12, end: 13, samples: Uint32Array.of(0, 2) },
    ]);
    expect(list).toEqual(Uint32Array.of(9, 0, 1, 2, 3, 0, 1));
  });

  test('and the last batch may be short', () => {
    const list = Uint32Array.of(4, 5, 6);
    const fillings = divideIntoFillings([list], { offset: 0, count: 3, batch: 2, step: 0 }, 2);
    expect(fillings.map(({ first, end }) => [first, end])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test('in which an image that two trials read is there once', () => {
    const lists = [Uint32Array.of(1, 2, 3, 4), Uint32Array.of(2, 1, 3, 5)];
    const fillings = divideIntoFillings(lists, { offset: 0, count: 4, batch: 2, step: 0 }, 4);
    expect(fillings.map(({ samples }) => [...samples])).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    expect(lists).toEqual([Uint32Array.of(0, 1, 0, 1), Uint32Array.of(1, 0, 0, 2)]);
  });
});

/** Larger than all else of the training, so that a limit can hold that and not the images: of 60 bytes. */
const images = { rows: 5, columns: 12 };
const dataset = tinyDataset({ ...images, train: 500, test: 50, randomLabels: true });
const limit = (bytes: number) => ({ ...lavapipe.limits, maxStorageBufferBindingSize: bytes });

describe('planning', () => {
  const bytes = 550 * 60;

  test('a set that fits is whole', () => {
    expect(fitsWhole({ ...lavapipe, limits: limit(bytes) }, dataset)).toBe(true);
    expect(fitsWhole({ ...lavapipe, limits: limit(bytes - 1) }, dataset)).toBe(false);
    expect(planTraining(lavapipe, dataset, [trial()]).groups[0]!.sizes.window).toBe(null);
  });

  test('a window holds a batch, and as much as a buffer', () => {
    const traits = { ...lavapipe, limits: limit(12_000) };
    expect([windowSize(traits, dataset, 100), windowSize(traits, dataset, 300)]).toEqual([200, 300]);
    expect(planTraining(traits, dataset, [trial()]).groups[0]!.sizes.window).toBe(200);
  });

  test('as many trials train side by side as their batches fit the window', () => {
    const traits = { ...lavapipe, limits: limit(30_000) };
    const trials = [0, 1, 2, 3].map((seed) => trial({ hidden: [4], batchSize: 240 }, seed));
    expect(planTraining(traits, dataset, trials).groups.map((group) => group.trials.length)).toEqual([2, 2]);
  });

  test('a batch that is larger than a buffer is refused', () => {
    const traits = { ...lavapipe, limits: limit(12_000) };
    expect(() => planTraining(traits, dataset, [trial({ batchSize: 300 })])).toThrow(
      expect.objectContaining({ kind: 'usage', found: '18000 bytes for 1 trial' }),
    );
  });
});

describe('training', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => {
    gpu.check();
    expect(gpu.count().buffers).toBe(0);
    gpu.close();
  });

  /** The device, but a buffer holds no more than so many bytes. */
  const small = (bytes: number): Gpu => {
    const limits = { ...gpu.traits.limits, maxStorageBufferBindingSize: bytes };
    return Object.create(gpu, { traits: { value: { ...gpu.traits, limits } } }) as Gpu;
  };
  const shape = { hidden: [4], batchSize: 7, epochs: 4, validation: 0.1 };
  const trials: readonly Trial[] = [
    trial({ ...shape, dropout: 0.5 }, 0),
    trial({ ...shape, learningRate: 0.2, patience: 1 }, 1),
    trial({ ...shape, weightDecay: 0.1 }, 0),
  ];

  test.each([true, false])('the bits do not depend on where a set is divided; fused: %s', async (fuse) => {
    const whole = await train(gpu, dataset, trials, { fuse });
    for (const bytes of [20_000, 16_001, 13_000]) {
      const windows = await train(small(bytes), dataset, trials, { fuse });
      expect(windows.map(outcome), `${bytes} bytes`).toEqual(whole.map(outcome));
    }
  });

  test.each([
    ['without validation', { classes: 3, train: 500, test: 50 }, { validation: 0 }],
    ['of f32 features', { train: 500, test: 50, features: true }, { validation: 0.05 }],
    ['of more classes than a tile is wide', { classes: 40, train: 1000, test: 50 }, { validation: 0.02 }],
    ['whose evaluation takes several fillings', { train: 6000, test: 2100 }, { validation: 0.4, epochs: 2 }],
  ])('nor do those of a training %s', async (_, parts, config) => {
    // So many bytes per image that a quarter of the set fits.
    const divided = 'features' in parts ? 60 : 14;
    const set = tinyDataset({ ...images, ...parts, randomLabels: true });
    const each = trial({ ...shape, ...config });
    const [whole] = await train(gpu, set, [each]);
    const [windows] = await train(small(Math.ceil(divided * (parts.train + parts.test))), set, [each]);
    expect(outcome(windows!)).toEqual(outcome(whole!));
  });

  const kuzushiji49 = { rows: 28, columns: 28, classes: 49, train: 232_365, test: 2000 };
  test.runIf(isLong)(
    'a set of the size of Kuzushiji-49 trains with the bits of a divided one',
    async () => {
      const set = tinyDataset(kuzushiji49);
      const each = trial({ hidden: [32], batchSize: 512, epochs: 1 });
      const [usual] = await train(gpu, set, [each]);
      const [divided] = await train(small(2 ** 22), set, [each]);
      expect(usual!.test.accuracy).toBeGreaterThan(0.5);
      expect(outcome(divided!)).toEqual(outcome(usual!));
    },
    300_000,
  );

  test('nor those of a training that was stopped within an epoch and resumed', async () => {
    const device = small(13_000);
    const [one] = trials;
    const [whole] = await train(gpu, dataset, [one!]);
    const abort = new AbortController();
    let state: TrialState | null = null;
    const onCheckpoint = (states: readonly TrialState[]): void => {
      state = states[0] ?? state;
    };
    const onProgress = ({ epoch, step }: { epoch: number; step: number }): void => {
      if (epoch === 2 && step >= 20) abort.abort();
    };
    await expect(
      train(device, dataset, [one!], { signal: abort.signal, onCheckpoint, onProgress }),
    ).rejects.toThrow(EngineError);
    expect(state!.last.step).toBeGreaterThanOrEqual(20);
    const [resumed] = await train(device, dataset, [one!], { resume: () => state });
    expect(outcome(resumed!)).toEqual(outcome(whole!));
  });

  test('a divergence is found at the same place', async () => {
    const wild = trial({ ...shape, learningRate: 3e38 });
    const messages: unknown[] = [];
    for (const device of [gpu, small(13_000)])
      messages.push(await train(device, dataset, [wild]).catch((error: unknown) => messageOf(error)));
    expect(messages[0]).toMatch(/^training diverged/);
    expect(messages[1]).toBe(messages[0]);
  });
});

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openGpu, storageBuffer, type Gpu } from '../gpu/index.js';
import type { Trial } from './index.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.check();
  gpu.close();
});

/** How often WebGPU was asked for something that takes memory or that the host waits for. */
interface Calls {
  readonly buffers: number;
  readonly bindGroups: number;
  readonly pipelines: number;
  /** Promises of Dawn, each of which makes Node spin until it is settled. */
  readonly waits: number;
  readonly maps: number;
}

/** Counts the calls of a training on the prototypes of Dawn's objects, so that none can go by. */
function countCalls(): { readonly now: () => Calls; readonly stop: () => void } {
  const device = Object.getPrototypeOf(gpu.device) as GPUDevice;
  const queue = Object.getPrototypeOf(gpu.device.queue) as GPUQueue;
  const sample = storageBuffer(gpu, 'sample', 4);
  const buffer = Object.getPrototypeOf(sample) as GPUBuffer;
  gpu.release(sample);
  const spies = {
    buffers: vi.spyOn(device, 'createBuffer'),
    bindGroups: vi.spyOn(device, 'createBindGroup'),
    pipelines: vi.spyOn(device, 'createComputePipelineAsync'),
    done: vi.spyOn(queue, 'onSubmittedWorkDone'),
    scopes: vi.spyOn(device, 'popErrorScope'),
    maps: vi.spyOn(buffer, 'mapAsync'),
  };
  const count = (name: keyof typeof spies): number => spies[name].mock.calls.length;
  return {
    now: () => ({
      buffers: count('buffers'),
      bindGroups: count('bindGroups'),
      pipelines: count('pipelines'),
      waits: count('maps') + count('done') + count('scopes') + count('pipelines'),
      maps: count('maps'),
    }),
    stop: () => {
      for (const spy of Object.values(spies)) spy.mockRestore();
    },
  };
}

const groups: readonly (readonly [string, readonly Trial[]])[] = [
  ['one trial', [trial({ epochs: 6, batchSize: 2 })]],
  [
    'three trials, of which two stop on the way',
    [
      trial({ epochs: 6, learningRate: 0.3, patience: 1 }, 1),
      trial({ epochs: 6, dropout: 0.5 }, 2),
      trial({ epochs: 6, learningRate: 0.5, patience: 2 }, 3),
    ],
  ],
];

describe.each(groups)('%s', (_, trials) => {
  test('inside an epoch nothing is made and nobody waits; at its end the host waits once', async () => {
    const calls = countCalls();
    try {
      // Before the first epoch everything has been made and warmed up.
      let before: Calls | null = null;
      let epochs = 0;
      let stopped = 0;
      await train(gpu, tinyDataset({ randomLabels: true }), trials, {
        onProgress: () => {
          before ??= calls.now();
          expect(calls.now(), 'within an epoch').toEqual({
            ...before,
            waits: before.waits + epochs,
            maps: before.maps + epochs,
          });
        },
        onEpoch: ({ active }) => {
          epochs++;
          if (active < trials.length) stopped++;
          expect(calls.now(), 'at the end of an epoch').toEqual({
            ...before,
            waits: before!.waits + epochs,
            maps: before!.maps + epochs,
          });
        },
      });
      expect(epochs).toBe(6);
      if (trials.length > 1) expect(stopped, 'epochs in which a trial had stopped').toBeGreaterThan(1);
    } finally {
      calls.stop();
    }
  });
});

test('the counters see what is made and waited for before and after', async () => {
  const calls = countCalls();
  try {
    const start = calls.now();
    await train(gpu, tinyDataset(), [trial({ hidden: [6] })]);
    const end = calls.now();
    for (const name of ['buffers', 'bindGroups', 'waits', 'maps'] as const)
      expect(end[name] - start[name], name).toBeGreaterThan(3);
  } finally {
    calls.stop();
  }
});

test('pipelines are compiled once per device: a second training compiles none', async () => {
  const calls = countCalls();
  try {
    await train(gpu, tinyDataset(), [trial()]);
    const first = calls.now().pipelines;
    // Other sizes, but not so other that the rules choose other kernels.
    await train(gpu, tinyDataset({ rows: 4 }), [trial({ hidden: [5] }, 3)]);
    expect(calls.now().pipelines).toBe(first);
  } finally {
    calls.stop();
  }
});

test('buffers are counted while they live', async () => {
  const counts: number[] = [];
  await train(gpu, tinyDataset(), [trial()], { onEpoch: () => counts.push(gpu.count().buffers) });
  expect(Math.min(...counts)).toBeGreaterThan(10);
  expect(new Set(counts).size).toBe(1);
  expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
});

/**
 * WebGPU zeroes fresh buffers, which would hide a kernel that reads what nobody wrote. Here every fresh
 * buffer holds garbage, and nothing may change.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGpu, readBuffer, storageBuffer, type Gpu } from '../gpu/index.js';
import { unpackParameter } from '../model/index.js';
import { prepareStep } from '../../kernels.test/steps/device-step.js';
import { makeCase } from '../../kernels.test/steps/step-case.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { outcome, trial } from './testing/trials.js';

let plain: Gpu;
let poisoned: Gpu;
beforeAll(async () => {
  plain = await openGpu();
  poisoned = await openGpu({
    instanceOptions: [
      'enable-dawn-features=nonzero_clear_resources_on_creation_for_testing',
      'disable-dawn-features=lazy_clear_resource_on_first_use',
    ],
  });
});
afterAll(() => {
  for (const gpu of [plain, poisoned]) {
    gpu.check();
    expect(gpu.count().buffers).toBe(0);
    gpu.close();
  }
});

/** Dawn takes unknown toggles in silence: without this, the tests below could show nothing. */
test('fresh buffers are poisoned on one device and zero on the other', async () => {
  for (const [gpu, word] of [
    [plain, 0],
    [poisoned, 0x0101_0101],
  ] as const) {
    const buffer = storageBuffer(gpu, 'fresh', 4096);
    const words = new Uint32Array(await readBuffer(gpu, buffer));
    expect(new Set(words)).toEqual(new Set([word]));
    gpu.release(buffer);
  }
});

test('training steps', async () => {
  const made = makeCase({
    inputs: 13,
    hidden: [9, 6],
    classes: 5,
    batch: 7,
    rows: 7,
    dropout: [0.4, 0.2],
    decay: 'l2',
  });
  const steps = [7, 7, 3].map((rows, i) => ({ number: i, slot: i, offset: 7 * i, rows }));
  const names = ['parameters', 'first_moments', 'second_moments'];
  for (const fuse of [true, false]) {
    const found = [];
    for (const gpu of [plain, poisoned]) {
      const device = await prepareStep(gpu, { ...made, steps, traits: gpu.traits, fuse });
      device.run(0, steps.length);
      const arenas = await Promise.all(names.map((name) => device.read(name)));
      const metrics = await device.read('metrics');
      found.push({
        metrics: [...metrics.subarray(0, 2 * steps.length)],
        arenas: arenas.map((arena) => made.graph.parameters.map((each) => [...unpackParameter(each, arena)])),
      });
      // Products read the padding of weights: it must stay zero.
      for (const { name, value } of made.graph.parameters)
        expect(paddingOf(value, arenas[0]!), `padding of ${name}`).toEqual([]);
      device.release();
    }
    expect(found[1], `fused: ${fuse}`).toEqual(found[0]);
  }
});

/** The padding elements of a window that are not zero. */
function paddingOf(
  { rows, columns, vector, view }: Parameters<typeof unpackParameter>[0]['value'],
  arena: Float32Array,
): number[] {
  const stride = Math.ceil(columns / 4) * 4;
  const padded = vector === true ? 1 : Math.ceil(rows / 4) * 4;
  return [...arena.subarray(view!.offset, view!.offset + padded * stride)].filter(
    (each, i) => (i % stride >= columns || i >= rows * stride) && each !== 0,
  );
}

test('whole trainings', async () => {
  const dataset = tinyDataset({ randomLabels: true, classes: 7, train: 43, test: 9 });
  const shape = { hidden: [9, 6], epochs: 5, batchSize: 8 };
  const trials = [
    trial({ ...shape, dropout: 0.4 }),
    trial({ ...shape, weightDecay: 0.1, decay: 'l2', patience: 1, learningRate: 0.1 }, 1),
  ];
  for (const each of [trials, trials.map((one) => ({ ...one, config: { ...one.config, validation: 0 } }))]) {
    for (const fuse of [true, false]) {
      const expected = await train(plain, dataset, each, { fuse });
      const found = await train(poisoned, dataset, each, { fuse });
      expect(found.map(outcome)).toEqual(expected.map(outcome));
    }
  }
});

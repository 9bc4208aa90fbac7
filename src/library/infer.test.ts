import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import type { DenseLayer } from '../formats/dense.js';
import { openGpu, readBuffer, storageBuffer, type Gpu } from '../gpu/index.js';
import { inferLogits, type InferOptions } from './infer.js';
import { integers } from '../../kernels.test/arrays.js';
import { gatherBound } from '../../kernels.test/bounds.js';
import { expectWithin } from '../../kernels.test/compare.js';
import { forward, network } from '../formats/testing/networks.js';
import { gather } from '../../kernels.test/reference/gather.js';

let gpu: Gpu;
let poisoned: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
  poisoned = await openGpu({
    instanceOptions: [
      'enable-dawn-features=nonzero_clear_resources_on_creation_for_testing',
      'disable-dawn-features=lazy_clear_resource_on_first_use',
    ],
  });
});
afterEach(() => {
  for (const each of [gpu, poisoned]) {
    each.check();
    expect(each.count()).toEqual({ buffers: 0, bytes: 0 });
  }
});
afterAll(() => {
  gpu.close();
  poisoned.close();
});

const pictures = (count: number, inputs: number): Uint8Array =>
  Uint8Array.from(integers(count * inputs, 7, 256));

/** The logits in f64, and how far those of the GPU may lie from them. */
function reference(layers: readonly DenseLayer[], images: Uint8Array, count: number) {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const x = gather(images, order, layers[0]!.inputs);
  return forward(layers, x, count, gatherBound(x));
}

interface Case extends InferOptions {
  readonly name: string;
  readonly widths: readonly number[];
  readonly count: number;
}

const cases: readonly Case[] = [
  { name: 'the network of the experiments', widths: [784, 256, 128, 10], count: 70 },
  { name: 'one image', widths: [784, 128, 10], count: 1 },
  { name: 'odd widths, and rows of pixels that end inside a word', widths: [13, 7, 5, 3], count: 9 },
  { name: 'widths around a tile', widths: [33, 31, 65, 17], count: 33 },
  { name: 'more classes than a tile is wide', widths: [9, 6, 130], count: 11 },
  { name: 'no hidden layer', widths: [15, 4], count: 6 },
  { name: 'everything of width 1', widths: [1, 1, 1], count: 5 },
  { name: 'several batches, the last one short', widths: [13, 7, 3], count: 23, batch: 8 },
  { name: 'batches of one', widths: [13, 7, 3], count: 3, batch: 1 },
  { name: 'a batch that is larger than the images are many', widths: [13, 7, 3], count: 3, batch: 500 },
  { name: 'more images than the standard batch', widths: [5, 3], count: 1025 },
];

describe.each([true, false])('fused: %s', (fuse) => {
  test.each(cases)('$name: the logits of f64 within the bound', async ({ widths, count, ...options }) => {
    const layers = network(widths, 1);
    const images = pictures(count, widths[0]!);
    const { logits, bound } = reference(layers, images, count);
    const found = await inferLogits(gpu, layers, images, { ...options, fuse });
    expectWithin(found, logits, bound, 'logits', [count, widths.at(-1)!]);
    // The same bits where fresh buffers hold garbage.
    expect(await inferLogits(poisoned, layers, images, { ...options, fuse })).toEqual(found);
  });
});

/** Dawn takes unknown toggles in silence: without this, the poisoned device could show nothing. */
test('fresh buffers are poisoned on the second device', async () => {
  const buffer = storageBuffer(poisoned, 'fresh', 64);
  expect(new Set(new Uint32Array(await readBuffer(poisoned, buffer)))).toEqual(new Set([0x0101_0101]));
  poisoned.release(buffer);
});

test('a lost bias in either layer and images in another order move the logits by more than the bound', () => {
  const layers = network([13, 7, 3], 1);
  const images = pictures(9, 13);
  const { logits, bound } = reference(layers, images, 9);
  const others = [
    reference([{ ...layers[0]!, bias: layers[0]!.bias.with(6, 0) }, layers[1]!], images, 9),
    reference([layers[0]!, { ...layers[1]!, bias: layers[1]!.bias.with(0, 0) }], images, 9),
    reference(layers, Uint8Array.from([...images.subarray(13), ...images.subarray(0, 13)]), 9),
  ];
  for (const other of others)
    expect(() => expectWithin(other.logits, logits, bound, 'logits')).toThrow(/outside/);
});

test('an image has the same logits alone, in a batch, and in another place', async () => {
  const layers = network([784, 64, 10], 2);
  const images = pictures(5, 784);
  const all = await inferLogits(gpu, layers, images, { batch: 4 });
  const alone = await inferLogits(gpu, layers, images.subarray(4 * 784), { batch: 4 });
  expect(all.subarray(40)).toEqual(alone);
});

test('no images have no logits, and need no device', async () => {
  expect(await inferLogits(gpu, network([4, 3], 1), new Uint8Array())).toHaveLength(0);
});

describe('refused', () => {
  const layers = network([4, 3, 2], 1);
  test('half an image', async () => {
    await expect(inferLogits(gpu, layers, new Uint8Array(6))).rejects.toThrow(
      expect.objectContaining({ kind: 'bug', found: '6 numbers' }),
    );
  });

  test('layers that do not follow each other', async () => {
    await expect(inferLogits(gpu, layers.toReversed(), new Uint8Array(4))).rejects.toThrow(EngineError);
  });

  test('a network that gives no finite logits', async () => {
    const [first, second] = layers as [DenseLayer, DenseLayer];
    for (const value of [NaN, Infinity]) {
      const broken = [first, { ...second, bias: second.bias.with(1, value) }];
      await expect(inferLogits(gpu, broken, pictures(3, 4))).rejects.toThrow(
        expect.objectContaining({ kind: 'diverged', found: `${value} for class 1 of image 0` }),
      );
    }
  });

  test('what does not fit the device', async () => {
    const limits = { ...gpu.traits.limits, maxBufferSize: 64 };
    const small = Object.create(gpu, { traits: { value: { ...gpu.traits, limits } } }) as Gpu;
    await expect(inferLogits(small, layers, pictures(3, 4))).rejects.toThrow(
      expect.objectContaining({ kind: 'usage' }),
    );
  });

  test('anything after Ctrl-C, between two batches', async () => {
    const signal = AbortSignal.abort();
    await expect(inferLogits(gpu, layers, pictures(3, 4), { signal })).rejects.toThrow(
      expect.objectContaining({ kind: 'interrupted' }),
    );
  });
});

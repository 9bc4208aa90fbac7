import { describe, expect, it } from 'vitest';
import { readBuffer, shaderStage, storageBuffer, write } from '../../src/gpu/index.js';
import { loadSource } from '../../src/kernels/source.js';
import { integers } from '../arrays.js';
import { type Counter, type Key, philox4x32 } from '../reference/philox.js';
import { useGpu } from './support.js';

/** Random123, tests/kat_vectors, the lines "philox4x32 10": counter, key, output. */
const knownAnswers = [
  '00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8',
  'ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd',
  '243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1',
].map((line) => line.split(' ').map((word) => Number.parseInt(word, 16)));

interface Draw {
  readonly counter: Counter;
  readonly key: Key;
}

describe('shaders/lib/philox.wgsl', () => {
  const gpu = useGpu();

  /** The device's output for each counter and key. */
  async function generate(draws: readonly Draw[]): Promise<number[][]> {
    const buffers = ['counters', 'keys', 'outputs'].map((name) =>
      storageBuffer(gpu(), name, 16 * draws.length),
    );
    const [counters, keys, outputs] = buffers;
    write(gpu(), counters!, Uint32Array.from(draws.flatMap(({ counter }) => counter)));
    write(gpu(), keys!, Uint32Array.from(draws.flatMap(({ key }) => [...key, 0, 0])));
    const code = loadSource('../kernels.test/kernels/philox_probe', null);
    const layout = (['read-only-storage', 'read-only-storage', 'storage'] as const).map((type, binding) => ({
      binding,
      visibility: shaderStage.COMPUTE,
      buffer: { type },
    }));
    const { pipeline, layouts } = await gpu().pipelines({
      label: 'philox',
      code,
      constants: {},
      layouts: [layout],
    });
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const { device } = gpu();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: layouts[0]!, entries }));
    pass.dispatchWorkgroups(Math.ceil(draws.length / 64));
    pass.end();
    device.queue.submit([encoder.finish()]);
    const words = new Uint32Array(await readBuffer(gpu(), outputs!));
    for (const buffer of buffers) gpu().release(buffer);
    return draws.map((_, i) => [...words.subarray(4 * i, 4 * i + 4)]);
  }

  it('gives the published answers', async () => {
    const draws = knownAnswers.map(([a, b, c, d, k0, k1]): Draw => {
      return { counter: [a!, b!, c!, d!], key: [k0!, k1!] };
    });
    expect(await generate(draws)).toEqual(knownAnswers.map((words) => words.slice(6)));
  });

  it('gives the answers of the reference for words at the edges, and for random ones', async () => {
    // Words with long runs of ones and zeros carry furthest in the 16-bit halves of the products.
    const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff];
    const count = 5000;
    const random = integers(6 * count, 1, 2 ** 32);
    const draws = Array.from({ length: count }, (_, i): Draw => {
      const [a, b, c, d, k0, k1] = random.subarray(6 * i, 6 * i + 6);
      if (i % 2 === 0) return { counter: [a!, b!, c!, d!], key: [k0!, k1!] };
      const edge = (word: number): number => edges[word % 8]!;
      return { counter: [edge(a!), edge(b!), edge(c!), edge(d!)], key: [edge(k0!), edge(k1!)] };
    });
    expect(await generate(draws)).toEqual(draws.map(({ counter, key }) => [...philox4x32(counter, key)]));
  });
});

import { describe, expect, test } from 'vitest';
import { higherCeilings, measureCeilings } from './ceilings.js';
import { runKernel } from '../../kernels.test/gpu-harness.js';
import { hardware } from '../kernels/testing/traits.js';
import { useGpu } from '../../kernels.test/kernels/support.js';
import { ceilingFma } from '../../kernels.test/reference/ceiling_fma.js';

const gpu = useGpu();

/** Multiples of 1/64 up to 128: every step of the chain is exact in f32, so the result must be, too. */
const exact = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((i * 37) % 8192) / 64);

/** Around the edges of a workgroup's stretch on a CPU (8 x 64) and on a GPU (64 x 4), in vec4. */
const lengths = [1, 4, 5, 1020, 1024, 1028, 2044, 2048, 2052, 5000];

describe.each([
  ['as on this adapter', undefined],
  ['as on a GPU', hardware],
])('%s', (_, traits) => {
  const run = (kernel: string, x: readonly Float32Array[], attributes = {}) =>
    runKernel(gpu(), {
      kernel,
      tensors: {
        x: { role: 'reads', rows: 1, columns: x[0]!.length, vector: true, data: x },
        y: { role: 'writes', rows: 1, columns: x[0]!.length, vector: true },
      },
      attributes,
      trials: x.length,
      ...(traits !== undefined && { traits: { ...gpu().traits, software: traits.software } }),
    });

  test.each(lengths)('ceiling_copy copies %i elements of each trial, bit by bit', async (length) => {
    const trials = [exact(length), exact(length).map((value) => -value)];
    trials[0]![0] = Number.NaN;
    trials[1]![0] = -0;
    const { u32 } = await run('ceiling_copy', trials);
    trials.forEach((trial, index) => {
      expect(u32('y', index)).toEqual(new Uint32Array(trial.buffer));
    });
  });

  test.each(lengths)(
    'ceiling_fma computes %i elements of each trial, as the reference does',
    async (length) => {
      const trials = [exact(length), exact(length).map((value) => value + 1)];
      const { f32 } = await run('ceiling_fma', trials, { rounds: 3 });
      trials.forEach((trial, index) => {
        expect(f32('y', index)).toEqual(Float32Array.from(ceilingFma(Float64Array.from(trial), 3)));
      });
    },
  );

  test('ceiling_fma gives the same whatever the number of rounds', async () => {
    const x = exact(300);
    const once = await run('ceiling_fma', [x], { rounds: 1 });
    const often = await run('ceiling_fma', [x], { rounds: 57 });
    expect(often.u32('y')).toEqual(once.u32('y'));
    expect(once.f32('y')).toEqual(x.map((value) => 8 * value + 28));
  });
});

test('both ceilings are measured, and leave nothing behind', async () => {
  const { flopsPerSecond, bytesPerSecond } = await measureCeilings(gpu());
  for (const rate of [flopsPerSecond, bytesPerSecond]) {
    // The slowest adapters reach some 10^8, and none 10^16: what lies beyond was not measured.
    expect(rate).toBeGreaterThan(1e6);
    expect(rate).toBeLessThan(1e16);
  }
});

test('higherCeilings takes the better of each', () => {
  expect(
    higherCeilings({ flopsPerSecond: 3, bytesPerSecond: 5 }, { flopsPerSecond: 4, bytesPerSecond: 1 }),
  ).toEqual({ flopsPerSecond: 4, bytesPerSecond: 5 });
});

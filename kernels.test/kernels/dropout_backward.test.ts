import { describe, it } from 'vitest';
import { uniform } from '../arrays.js';
import { type KernelRun, runKernel } from '../gpu-harness.js';
import { expectCase } from './kernel-case.js';
import { draws, dropoutCase } from './cases/dropout.js';
import { expectSameBits, matrix, useGpu, vector } from './support.js';

describe('dropout_backward', () => {
  const gpu = useGpu();

  it.each(draws)(
    'has the bits of dropout_forward and of the fused dense_forward for seed $seed, step $step, layer $layer',
    async ({ seed, step, layer }) => {
      for (const [rows, columns] of [
        [9, 13],
        [33, 34],
      ] as const) {
        const shape = { rows, columns, vector: false };
        const ones = new Float32Array(rows * columns).fill(1);
        const settings = { step, layer, slots: [{ seed, dropout: 0.3 }] };
        const forward = await runKernel(gpu(), dropoutCase('forward', shape, [ones], settings).run);
        const backward = await runKernel(gpu(), dropoutCase('backward', shape, [ones], settings).run);
        // 0 w + 1 is the same tensor of ones.
        const fused: KernelRun = {
          kernel: 'dense_forward',
          tensors: {
            x: matrix('reads', rows, 5, [new Float32Array(rows * 5)]),
            w: matrix('reads', 5, columns, [uniform(5 * columns, 1)]),
            b: vector('reads', columns, [new Float32Array(columns).fill(1)]),
            y: matrix('writes', rows, columns),
          },
          attributes: { relu: 1, dropout: 1, layer },
          slots: settings.slots,
          step: { number: step, rows },
        };
        expectSameBits(backward.f32('dx'), forward.f32('y'), 'backward and forward');
        expectSameBits((await runKernel(gpu(), fused)).f32('y'), forward.f32('y'), 'fused and alone');
      }
    },
  );

  it('passes NaN, infinite and huge gradients where it keeps, and gives 0 where it drops', async () => {
    const hostile = [Number.NaN, Infinity, -Infinity, 1e38, -1e38, 1e-39, -0];
    const dy = Float32Array.from({ length: 700 }, (_, i) => hostile[i % hostile.length]!);
    const settings = { step: 3, layer: 1, slots: [{ seed: 9, dropout: 0.5 }] };
    const testCase = dropoutCase('backward', { rows: 1, columns: 700, vector: true }, [dy], settings);
    await expectCase(gpu(), testCase, 'hostile values');
  });
});

import { describe, expect, it } from 'vitest';
import { runKernel } from '../gpu-harness.js';
import { reluForwardCase } from './cases/relu.js';
import { expectCase } from './kernel-case.js';
import { useGpu, vector } from './support.js';

describe('relu_forward of hostile values', () => {
  const gpu = useGpu();

  it('is max(x, 0) for zeros, denormal, huge and infinite values', async () => {
    const x = Float32Array.of(
      ...[0, 1e-45, 1e-39, 2 ** -126, 1, 1e38, 3.4028234663852886e38, Infinity].flatMap((value) => [
        value,
        -value,
      ]),
    );
    await expectCase(
      gpu(),
      reluForwardCase({ rows: 1, columns: x.length, vector: true }, [x]),
      'hostile values',
    );
  });

  it('gives 0 or NaN for NaN, and touches no neighbour', async () => {
    // WGSL's max takes the other operand where one is NaN, and lets a device assume that there is none.
    const x = Float32Array.of(1, Number.NaN, -1, 2, Number.NaN, Number.NaN, 3, 4);
    const tensors = { x: vector('reads', 8, [x]), y: vector('writes', 8) };
    const y = (await runKernel(gpu(), { kernel: 'relu_forward', tensors })).f32('y');
    expect([...y].filter((_, i) => !Number.isNaN(x[i]))).toEqual([1, 0, 2, 3, 4]);
    for (const i of [1, 4, 5]) expect([0, Number.NaN]).toContainEqual(y[i]);
  });
});

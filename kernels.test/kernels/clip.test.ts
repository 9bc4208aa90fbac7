import { describe, expect, it } from 'vitest';
import { normParts } from '../../src/kernels/index.js';
import { uniform } from '../arrays.js';
import { runKernel } from '../gpu-harness.js';
import { clipGradientsCase, gradientNormCase } from './cases/clip.js';
import { expectCase, expectTrialsApart } from './kernel-case.js';
import { noteShares } from './shares.js';
import { perTrial, spans, useGpu, vector } from './support.js';

const gpu = useGpu();
/** Around the ends of vec4, of the shortest part (2048), of four parts, and of what has 256 parts at most. */
const lengths = [1, 3, 4, 5, 33, 2047, 2048, 2049, 8191, 8193, 12_345, 524_288, 524_292, 600_001];
const slots = [{ clipNorm: 0.5 }, { clipNorm: null }, { clipNorm: 1e4 }];

it('a gradient has parts of at least 2048 elements, in fours, and at most 256', () => {
  const parts = (columns: number): number => normParts({ rows: 1, columns, vector: true });
  expect([1, 8192, 8193, 524_288, 1e8].map(parts)).toEqual([4, 4, 8, 256, 256]);
});

describe.each(spans)('cut $cut', ({ software }) => {
  const note = noteShares(`clipping, cut ${software ? 'for a CPU' : 'for a GPU'}`);
  const traits = () => ({ ...gpu().traits, software });

  it('gradient_norm is right for every length around the ends of its parts', async () => {
    for (const length of lengths) {
      const testCase = gradientNormCase([uniform(length, length)]);
      note('norms', await expectCase(gpu(), testCase, `length ${length}`, traits()));
    }
  });

  it('gradient_norm takes zeros, denormal, tiny and large values', async () => {
    const values = Float32Array.from(uniform(3000, 1), (x, i) => x * [0, 1e-41, 1e-22, 1e-10, 1e15][i % 5]!);
    note('hostile norms', await expectCase(gpu(), gradientNormCase([values]), 'hostile', traits()));
  });

  it('clip_gradients is right for every length, clipped or not', async () => {
    for (const length of lengths)
      // Of the largest ones only the clipped.
      for (const slot of length > 1e5 ? slots.slice(0, 1) : slots) {
        const testCase = clipGradientsCase([uniform(length, length)], [slot]);
        note('clipped', await expectCase(gpu(), testCase, `length ${length}`, traits()));
      }
  });

  it('clip_gradients is right beside the norm at which it begins, and for norms of 0', async () => {
    const g = uniform(100, 3, -1e-3, 1e-3);
    for (const norm of [0, 1e-7, 1e-6, 0.5 - 1e-6, 0.5, 0.5 + 1e-7, 0.5 + 1e-6, 1, 1e18]) {
      const squares = [Float32Array.of(norm ** 2, 0, 0, 0)];
      const testCase = clipGradientsCase([g], [{ clipNorm: 0.5 }], squares);
      note('norms near it', await expectCase(gpu(), testCase, `norm ${norm}`, traits()));
    }
  });

  it('a trial that is not clipped keeps the bits of its gradient', async () => {
    const g = uniform(500, 4);
    const { run } = clipGradientsCase([g], [{ clipNorm: null }]);
    const result = await runKernel(gpu(), { ...run, traits: traits() });
    expect([...result.f32('clipped')]).toEqual([...g]);
  });

  it('three trials are kept apart, and give the same bits again', async () => {
    const gradients = perTrial(3, (seed) => uniform(10_001, seed + 1));
    for (const testCase of [gradientNormCase(gradients), clipGradientsCase(gradients, slots)]) {
      note('trials', await expectCase(gpu(), testCase, 'three trials', traits()));
      await expectTrialsApart(gpu(), { ...testCase.run, traits: traits() });
    }
  });

  it('what is not finite stays so: a gradient, or a norm beyond f32, which must not become a factor of 0', async () => {
    const isFinite = async (g: Float32Array, squares?: readonly Float32Array[]): Promise<boolean[]> => {
      const { run } = clipGradientsCase([g], [{ clipNorm: 1 }], squares);
      return Array.from(
        (await runKernel(gpu(), { ...run, traits: traits() })).f32('clipped'),
        Number.isFinite,
      );
    };
    const huge = uniform(40, 5, 1, 2).map((value) => 1e20 * value);
    const { run } = gradientNormCase([huge]);
    const norm = (await runKernel(gpu(), { ...run, traits: traits() })).f32('squares');
    expect(norm[0]).toBe(Infinity);
    expect(await isFinite(huge, [norm])).toEqual(new Array(40).fill(false));
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const g = uniform(40, 6);
      g[17] = bad;
      const spoilt = (await runKernel(gpu(), { ...gradientNormCase([g]).run, traits: traits() })).f32(
        'squares',
      );
      expect(await isFinite(g, [spoilt])).not.toContain(true);
    }
  });
});

it('operands that do not fit are refused', async () => {
  const { run } = clipGradientsCase([uniform(5000, 1)], [{ clipNorm: 1 }]);
  const tensors = { ...run.tensors, squares: vector('reads', 8, [new Float32Array(8)]) };
  await expect(runKernel(gpu(), { ...run, tensors })).rejects.toThrow('operand squares has the wrong shape');
});

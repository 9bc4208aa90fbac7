import { describe, expect, it } from 'vitest';
import { uniform } from '../arrays.js';
import { runKernel } from '../gpu-harness.js';
import { dropoutMask } from '../reference/dropout_mask.js';
import { expectCase } from './kernel-case.js';
import { drawnAtThreshold, drawOf, draws, dropoutCase } from './cases/dropout.js';
import { expectSameBits, useGpu } from './support.js';

describe('dropout_forward', () => {
  const gpu = useGpu();

  /** 1 where `probability` keeps an element of a [rows, columns] tensor. */
  async function maskOf(
    rows: number,
    columns: number,
    { seed, step, layer }: (typeof draws)[number],
    dropout: number,
  ): Promise<Uint8Array> {
    const ones = new Float32Array(rows * columns).fill(1);
    const settings = { step, layer, slots: [{ seed, dropout }] };
    const { run } = dropoutCase('forward', { rows, columns, vector: false }, [ones], settings);
    const y = (await runKernel(gpu(), run)).f32('y');
    return Uint8Array.from(y, (value) => (value === 0 ? 0 : 1));
  }

  it.each(draws)('draws the mask of the reference for seed $seed, step $step, layer $layer', async (draw) => {
    for (const [rows, columns] of [
      [9, 13],
      [4, 64],
    ] as const) {
      const mask = await maskOf(rows, columns, draw, 0.4);
      expect(mask).toEqual(
        dropoutMask(rows, columns, drawOf({ ...draw, dropout: 0.4 }, draw.step, draw.layer)),
      );
    }
  });

  it.each(draws)(
    'keeps an element whose draw is the threshold: seed $seed',
    async ({ seed, step, layer }) => {
      const shape = { rows: 1, columns: 4, vector: true };
      const testCase = dropoutCase(
        'forward',
        shape,
        [uniform(4, 1, 1, 2)],
        drawnAtThreshold(seed, step, layer),
      );
      await expectCase(gpu(), testCase, 'at the threshold');
      expect((await runKernel(gpu(), testCase.run)).f32('y')[0]).toBeGreaterThan(0);
    },
  );

  it('draws another mask for another seed, step or layer', async () => {
    const base = draws[4]!;
    const others = [{ seed: base.seed + 1 }, { seed: base.seed + 2 ** 32 }, { step: 8 }, { layer: 4 }];
    const mask = await maskOf(64, 64, base, 0.5);
    for (const other of others) {
      const changed = await maskOf(64, 64, { ...base, ...other }, 0.5);
      const equal = mask.filter((keep, i) => keep === changed[i]).length;
      // Independent masks agree in half of the 4096 places; five standard deviations are 160.
      expect(Math.abs(equal - 2048)).toBeLessThan(160);
    }
  });

  it.each([0.1, 0.3, 0.5, 0.9])('keeps a share of 1 - %d, within five standard deviations', async (p) => {
    const [rows, columns] = [128, 256];
    const count = rows * columns;
    const kept = (await maskOf(rows, columns, draws[4]!, p)).reduce((sum, keep) => sum + keep, 0);
    expect(Math.abs(kept - count * (1 - p))).toBeLessThan(5 * Math.sqrt(count * p * (1 - p)));
  });

  it('keeps every bit at p = 0', async () => {
    const x = uniform(500, 1).map((value, i) => [value, 0, -0, Infinity, -Infinity][i % 5]!);
    const settings = { step: 3, layer: 1, slots: [{ seed: 9, dropout: 0 }] };
    const { run } = dropoutCase('forward', { rows: 1, columns: 500, vector: true }, [x], settings);
    expectSameBits((await runKernel(gpu(), run)).f32('y'), x, 'y');
  });

  it('follows the reference next to p = 0 and p = 1', async () => {
    const x = uniform(4096, 2, 1, 2);
    for (const dropout of [2 ** -32, 1e-3, 0.999, 1 - 2 ** -24]) {
      const settings = { step: 3, layer: 1, slots: [{ seed: 9, dropout }] };
      const testCase = dropoutCase('forward', { rows: 1, columns: 4096, vector: true }, [x], settings);
      await expectCase(gpu(), testCase, `p = ${dropout}`);
    }
  });

  it('passes NaN, infinite and huge values where it keeps, and gives 0 where it drops', async () => {
    const hostile = [Number.NaN, Infinity, -Infinity, 1e38, -1e38, 1e-39, -0];
    const x = Float32Array.from({ length: 700 }, (_, i) => hostile[i % hostile.length]!);
    const settings = { step: 3, layer: 1, slots: [{ seed: 9, dropout: 0.5 }] };
    const testCase = dropoutCase('forward', { rows: 1, columns: 700, vector: true }, [x], settings);
    await expectCase(gpu(), testCase, 'hostile values');
  });
});

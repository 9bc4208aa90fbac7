import { describe, expect, it } from 'vitest';
import { differenceOf, type SeedValue } from './difference.js';
import { pairedDifference, quantileT } from '../../base/statistics.js';

function values(...given: readonly number[]): SeedValue[] {
  return given.map((value, seed) => ({ seed, value }));
}

describe('a difference', () => {
  it('is paired by seed, in whatever order the seeds stand', () => {
    const left = values(0.5, 0.6, 0.8);
    const right = values(0.45, 0.52, 0.74).reverse();
    const found = differenceOf(left, right, true);
    const expected = pairedDifference([0.5, 0.6, 0.8], [0.45, 0.52, 0.74]);
    expect(found).toMatchObject({ method: 'paired', seeds: [3, 3] });
    expect(found.mean).toBeCloseTo(expected.mean, 12);
    const half = 4.3027 * expected.standardError!;
    expect(found.interval!.low).toBeCloseTo(expected.mean - half, 5);
    expect(found.interval!.high).toBeCloseTo(expected.mean + half, 5);
    expect(found.shown).toBe(expected.significant);
  });

  it("is Welch's where seeds do not mean the same, or are others", () => {
    // Worked by hand: a = 1/3, b = 4/3, (a + b)² / (a²/2 + b²/2) = 50/17 degrees.
    const [left, right] = [values(1, 2, 3), values(2, 4, 6)];
    for (const found of [
      differenceOf(left, right, false),
      differenceOf(
        left,
        right.map(({ seed, value }) => ({ seed: seed + 1, value })),
        true,
      ),
    ]) {
      expect(found).toMatchObject({ method: 'welch', mean: -2, shown: false });
      expect(found.interval!.degrees).toBeCloseTo(50 / 17, 10);
      const half = quantileT(50 / 17) * Math.sqrt(5 / 3);
      expect(found.interval!.high).toBeCloseTo(-2 + half, 10);
    }
  });

  it('takes unequal numbers of seeds', () => {
    const found = differenceOf(values(0.1, 0.2), values(0.9, 0.91, 0.92, 0.93), true);
    expect(found).toMatchObject({ method: 'welch', seeds: [2, 4] });
    expect(found.interval!.degrees).toBeGreaterThan(1);
    expect(found.interval!.degrees).toBeLessThan(4);
  });

  it('of one seed shows nothing', () => {
    expect(differenceOf(values(1), values(2), true)).toMatchObject({
      method: 'paired',
      mean: -1,
      interval: null,
      shown: null,
    });
    expect(differenceOf(values(1), values(2, 3), true)).toMatchObject({ interval: null, shown: null });
  });

  it('without any spread is a point', () => {
    expect(differenceOf(values(2, 3), values(1, 2), true)).toMatchObject({
      interval: { low: 1, high: 1 },
      shown: true,
    });
    expect(differenceOf(values(2, 2), values(2, 2), false)).toMatchObject({
      interval: { low: 0, high: 0, degrees: 2 },
      shown: false,
    });
  });

  it('is shown about as rarely as it promises where there is none', () => {
    // Normal numbers from a fixed sequence (Box and Muller on a linear congruential generator).
    let state = 12345;
    const uniform = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
    const tries = 400;
    let shown = 0;
    for (let at = 0; at < tries; at++) {
      const draw = (count: number): SeedValue[] => values(...Array.from({ length: count }, normal));
      if (differenceOf(draw(4), draw(6), false).shown === true) shown++;
    }
    // 5 % of 400 is 20, with a standard deviation of 4.4.
    expect(shown).toBeGreaterThan(4);
    expect(shown).toBeLessThan(38);
  });
});

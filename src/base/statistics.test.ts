import { describe, expect, it } from 'vitest';
import { holm, pairedDifference, quantileT, sample, tailT } from './statistics.js';

describe('sample', () => {
  it('has the standard deviation of n - 1', () => {
    expect(sample([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ n: 8, mean: 5, sd: Math.sqrt(32 / 7) });
  });
  it('has no spread of one value', () => {
    expect(sample([3])).toEqual({ n: 1, mean: 3, sd: null });
  });
});

describe('quantileT', () => {
  // Student's t, two-sided 5 %, from published tables.
  it.each([
    [1, 12.706],
    [4, 2.776],
    [9, 2.262],
    [10, 2.228],
    [11, 2.201],
    [15, 2.131],
    [20, 2.086],
    [30, 2.042],
    [60, 2.0],
    [120, 1.98],
  ])('with %i degrees of freedom is %f', (degrees, expected) => {
    expect(Math.abs(quantileT(degrees) - expected)).toBeLessThan(0.001);
  });
});

describe("the quantile of Student's t", () => {
  // Tables, two-sided 5 %.
  it.each([
    [1, 12.7062],
    [2, 4.3027],
    [3, 3.1824],
    [4, 2.7764],
    [9, 2.2622],
    [30, 2.0423],
    [120, 1.9799],
    [1000, 1.9623],
  ])('has %d degrees: %d', (degrees, expected) => {
    expect(quantileT(degrees)).toBeCloseTo(expected, 3);
  });

  it('falls between whole numbers', () => {
    for (let degrees = 1; degrees < 6; degrees += 0.25)
      expect(quantileT(degrees)).toBeGreaterThan(quantileT(degrees + 0.25));
  });
});

describe('pairedDifference', () => {
  it('takes out what a pair has in common', () => {
    const base = [0.4, 0.9, 0.1, 1.7, 0.6];
    const shift = [0.01, 0.012, 0.011, 0.009, 0.01];
    const paired = pairedDifference(
      base.map((value, index) => value + shift[index]!),
      base,
    );
    expect(paired.mean).toBeCloseTo(0.0104, 12);
    expect(paired.standardError).toBeCloseTo(Math.sqrt(1.3e-6) / Math.sqrt(5), 12);
    expect(paired.significant).toBe(true);
  });
  it('is not significant within the spread', () => {
    const { significant, t } = pairedDifference([1, 2, 3], [1.1, 1.8, 3.05]);
    expect(significant).toBe(false);
    expect(Math.abs(t!)).toBeLessThan(1);
  });
  it('says nothing about a single pair', () => {
    expect(pairedDifference([1], [2])).toEqual({
      n: 1,
      mean: -1,
      standardError: null,
      t: null,
      significant: null,
    });
  });
  it('is defined where every pair differs by the same', () => {
    expect(pairedDifference([1, 2], [1, 2])).toMatchObject({ mean: 0, t: 0, significant: false });
    expect(pairedDifference([2, 3], [1, 2])).toMatchObject({ mean: 1, t: Infinity, significant: true });
  });
});

describe("the tail of Student's t", () => {
  it.each([1, 2, 4, 9, 30, 120])('is 5 %% beyond the quantile, with %i degrees of freedom', (degrees) => {
    expect(tailT(quantileT(degrees), degrees)).toBeCloseTo(0.05, 6);
  });

  // Closed forms: 1 - 2 atan(t)/π for one degree, 1 - t/sqrt(2 + t²) for two.
  it.each([0, 0.5, 1, 5, 50])('beyond %f is what the closed forms say', (t) => {
    expect(tailT(t, 1)).toBeCloseTo(1 - (2 * Math.atan(t)) / Math.PI, 6);
    expect(tailT(t, 2)).toBeCloseTo(1 - t / Math.sqrt(2 + t * t), 6);
  });

  it('is empty beyond infinity', () => {
    expect(tailT(Infinity, 4)).toBe(0);
  });
});

describe("Holm's correction", () => {
  it('compares the smallest chance with level / n, the next with level / (n - 1), ...', () => {
    // Levels 0.0125, 0.0167, 0.025, 0.05: the third fails, and so does all behind it.
    expect(holm([0.04, 0.01, 0.016, 0.03], 0.05)).toEqual([false, true, true, false]);
    expect(holm([0.04, 0.01, 0.016, 0.02], 0.05)).toEqual([true, true, true, true]);
    expect(holm([0.02, 0.02, 0.02], 0.05)).toEqual([false, false, false]);
  });

  it('of one test is the level itself, and of none nothing', () => {
    expect(holm([0.05], 0.05)).toEqual([true]);
    expect(holm([], 0.05)).toEqual([]);
  });
});

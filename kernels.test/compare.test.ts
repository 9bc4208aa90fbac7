import { describe, expect, it } from 'vitest';
import { expectWithin } from './compare.js';

const one = (actual: number, expected: number, bound: number) => (): number =>
  expectWithin(Float32Array.of(actual), Float64Array.of(expected), Float64Array.of(bound), 'y');

describe('expectWithin', () => {
  it('returns the largest error as a share of its bound', () => {
    const actual = Float32Array.of(1, 2.5, -3);
    expect(expectWithin(actual, Float64Array.of(1, 2, -3.25), Float64Array.of(0, 1, 1), 'y')).toBe(0.5);
    expect(expectWithin(actual, actual, new Float64Array(3), 'y')).toBe(0);
    expect(expectWithin([], [], [], 'empty')).toBe(0);
  });

  it('accepts an error equal to the bound, and nothing above it', () => {
    expect(one(1.5, 1, 0.5)()).toBe(1);
    expect(one(1.5, 1, 0.4999)).toThrow(/1\.000 times the bound 0\.4999/);
  });

  it('accepts no error at all under a bound of 0', () => {
    expect(one(2, 2, 0)()).toBe(0);
    expect(one(0, -0, 0)()).toBe(0);
    expect(one(1, 1 + 1e-12, 0)).toThrow(/Infinity times the bound 0/);
  });

  const kinds = [Number.NaN, Infinity, -Infinity, 1];
  const pairs = kinds.flatMap((actual) => kinds.map((expected) => ({ actual, expected })));
  it.each(pairs)('takes $actual for $expected only if they are the same', ({ actual, expected }) => {
    const huge = one(actual, expected, Number.MAX_VALUE);
    if (Object.is(actual, expected)) expect(huge()).toBe(0);
    else expect(huge).toThrow(`expected ${expected}, got ${actual}, which never match`);
  });

  it('names the tensor, the worst element with its index, both values, the error and how many are outside', () => {
    const actual = Float32Array.of(0, 0, 0, 0, 0, 1.5);
    const expected = Float64Array.of(0, 0, 0.25, 0, 0, 1);
    const bound = new Float64Array(6).fill(0.125);
    const compare = (): number => expectWithin(actual, expected, bound, 'dense w', [2, 3]);
    expect(compare).toThrow(
      'dense w: element [1, 2] of 6: expected 1, got 1.5, an error of 0.5, 4.000 times the bound 0.125 ' +
        '(2 elements outside their bounds)',
    );
  });

  it('prefers a NaN to every finite error as the worst element', () => {
    const compare = (): number =>
      expectWithin([9e9, Number.NaN, 9e9], new Float64Array(3), Float64Array.of(1, 1, 1), 'y');
    expect(compare).toThrow(/element 1 of 3: expected 0, got NaN/);
  });

  it('refuses arrays of different lengths', () => {
    expect(() => expectWithin([1], [1, 2], [0, 0], 'y')).toThrow(/1 elements were given, with 2 bounds/);
    expect(() => expectWithin([1, 2], [1, 2], [0], 'y')).toThrow(/expected 2 of each/);
  });

  it.each([Number.NaN, Infinity, -1])('refuses %d as a bound', (bound) => {
    expect(one(1, 1, bound)).toThrow(/the bound of element 0 is/);
  });
});

import { describe, expect, it } from 'vitest';
import { significant, spreadOf, withRange } from './spread.js';

describe('spreadOf', () => {
  it.each([
    [[5], { median: 5, min: 5, max: 5 }],
    [[9, 1, 4], { median: 4, min: 1, max: 9 }],
    [[4, 1, 9, 6], { median: 5, min: 1, max: 9 }],
    // Numbers, not their texts: "10" sorts before "9".
    [[10, 9, 100], { median: 10, min: 9, max: 100 }],
  ])('%j', (values, expected) => {
    expect(spreadOf(values)).toEqual(expected);
  });

  it('leaves its input as it was', () => {
    const values = [3, 1, 2];
    spreadOf(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('figures', () => {
  it.each([
    [0, '0'],
    [0.8549, '0.855'],
    [13.249, '13.2'],
    [99.96, '100'],
    [497.6, '498'],
    [123456.7, '123457'],
    [0.00001234, '0.0000123'],
    [Infinity, 'Infinity'],
  ])('%d is written %s', (value, text) => {
    expect(significant(value)).toBe(text);
  });

  it('with their range', () => {
    expect(withRange({ median: 13.2, min: 11.94, max: 14 }, 'x')).toBe('13.2x (11.9-14)');
  });
});

import { describe, expect, test } from 'vitest';
import { batches, passOver } from './plan-training.js';

test('the last, smaller batch counts', () => {
  expect([batches(12, 4), batches(13, 4), batches(3, 4), batches(1, 1), batches(0, 4)]).toEqual([
    3, 4, 1, 1, 0,
  ]);
});

describe('a pass', () => {
  test('10 samples in batches of 4: two full ones and one of 2', () => {
    expect(passOver(10, 4, 0)).toEqual([
      { number: 0, slot: 0, offset: 0, rows: 4 },
      { number: 1, slot: 1, offset: 4, rows: 4 },
      { number: 2, slot: 2, offset: 8, rows: 2 },
    ]);
  });

  test('a later epoch continues the count of steps; its metrics and samples begin anew', () => {
    expect(passOver(5, 4, 6)).toEqual([
      { number: 6, slot: 0, offset: 0, rows: 4 },
      { number: 7, slot: 1, offset: 4, rows: 1 },
    ]);
  });

  test('test samples lie behind the validation samples, and so do their metrics', () => {
    expect(passOver(5, 4, 0, 10, 3)).toEqual([
      { number: 0, slot: 3, offset: 10, rows: 4 },
      { number: 1, slot: 4, offset: 14, rows: 1 },
    ]);
  });

  test('nothing to pass over', () => {
    expect(passOver(0, 4, 0)).toEqual([]);
  });

  test('every sample is in one batch, none is empty', () => {
    for (let samples = 1; samples <= 40; samples++) {
      for (let batch = 1; batch <= 12; batch++) {
        const seen = passOver(samples, batch, 0).flatMap(({ offset, rows }) =>
          Array.from({ length: rows }, (_, i) => offset + i),
        );
        expect(seen).toEqual(Array.from({ length: samples }, (_, i) => i));
        expect(passOver(samples, batch, 0)).toHaveLength(batches(samples, batch));
      }
    }
  });
});

import { expect, test } from 'vitest';
import { padRows, unpadRows } from './index.js';

test.each([
  [Float32Array.of(1, 2, 3, 4, 5, 6), 3, Float32Array.of(1, 2, 3, 0, 4, 5, 6, 0)],
  [Uint32Array.of(1, 2, 3, 4, 5), 5, Uint32Array.of(1, 2, 3, 4, 5, 0, 0, 0)],
  [Uint8Array.of(1, 2, 3), 1, Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0)],
  [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), 4, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)],
])('rows are padded to multiples of 4 elements, and back: %o', (values, columns, expected) => {
  const padded = padRows(values, columns);
  expect(padded.buffer).toEqual(expected.buffer);
  expect(unpadRows(expected, columns).buffer).toEqual(values.buffer);
  expect(padded.buffer).not.toBe(values.buffer);
});

test('a part of a larger array is only that part', () => {
  const all = Float32Array.of(9, 1, 2, 3, 9);
  expect(new Float32Array(padRows(all.subarray(1, 4), 3).buffer)).toEqual(Float32Array.of(1, 2, 3, 0));
});

import { type Numbers, requireShape } from './numbers.js';

/**
 * db[j] = sum over rows of dy[row, j].
 * @param dy [rows, outputs]
 * @returns db [outputs]
 */
export function denseBackwardBias(dy: Numbers, rows: number, outputs: number): Float64Array {
  requireShape('dy', dy, rows, outputs);
  const db = new Float64Array(outputs);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < outputs; j++) db[j]! += dy[row * outputs + j]!;
  }
  return db;
}

import { type Numbers, requireShape } from './numbers.js';

/**
 * dw = xᵀ dy: dw[i, j] = sum over rows of x[row, i] * dy[row, j].
 * @param x [rows, inputs], the input of y = x w + b
 * @param dy [rows, outputs]
 * @returns dw [inputs, outputs]
 */
export function denseBackwardWeights(
  x: Numbers,
  dy: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
): Float64Array {
  requireShape('x', x, rows, inputs);
  requireShape('dy', dy, rows, outputs);
  const dw = new Float64Array(inputs * outputs);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inputs; i++) {
      const xi = x[row * inputs + i]!;
      for (let j = 0; j < outputs; j++) dw[i * outputs + j]! += xi * dy[row * outputs + j]!;
    }
  }
  return dw;
}

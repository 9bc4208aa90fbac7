import { type Numbers, requireShape } from './numbers.js';

/**
 * y = x w + b: y[row, j] = b[j] + sum over i of x[row, i] * w[i, j].
 * @param x [rows, inputs]
 * @param w [inputs, outputs]
 * @param b [outputs]
 * @returns y [rows, outputs]
 */
export function denseForward(
  x: Numbers,
  w: Numbers,
  b: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
): Float64Array {
  requireShape('x', x, rows, inputs);
  requireShape('w', w, inputs, outputs);
  requireShape('b', b, outputs);
  const y = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < outputs; j++) {
      let sum = b[j]!;
      for (let i = 0; i < inputs; i++) sum += x[row * inputs + i]! * w[i * outputs + j]!;
      y[row * outputs + j] = sum;
    }
  }
  return y;
}

import { type Numbers, requireShape } from './numbers.js';

/**
 * dx = dy wᵀ: dx[row, i] = sum over j of dy[row, j] * w[i, j].
 * @param dy [rows, outputs], the gradient of the loss by y = x w + b
 * @param w [inputs, outputs]
 * @returns dx [rows, inputs]
 */
export function denseBackwardInput(
  dy: Numbers,
  w: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
): Float64Array {
  requireShape('dy', dy, rows, outputs);
  requireShape('w', w, inputs, outputs);
  const dx = new Float64Array(rows * inputs);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inputs; i++) {
      let sum = 0;
      for (let j = 0; j < outputs; j++) sum += dy[row * outputs + j]! * w[i * outputs + j]!;
      dx[row * inputs + i] = sum;
    }
  }
  return dx;
}

import { type DropoutDraw, dropoutMask } from './dropout_mask.js';
import { type Numbers, requireShape } from './numbers.js';

/**
 * Inverted dropout (Srivastava et al. 2014): y = x / (1 - probability) where kept, else 0.
 * @param x [rows, columns]
 * @returns y [rows, columns]
 */
export function dropoutForward(x: Numbers, rows: number, columns: number, draw: DropoutDraw): Float64Array {
  requireShape('x', x, rows, columns);
  const mask = dropoutMask(rows, columns, draw);
  const y = new Float64Array(rows * columns);
  for (let i = 0; i < y.length; i++) y[i] = mask[i] === 1 ? x[i]! / (1 - draw.probability) : 0;
  return y;
}

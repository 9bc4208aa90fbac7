import { type DropoutDraw, dropoutMask } from './dropout_mask.js';
import { type Numbers, requireShape } from './numbers.js';

/**
 * dx = dy / (1 - probability) where the forward pass kept the element, else 0.
 * @param dy [rows, columns]
 * @returns dx [rows, columns]
 */
export function dropoutBackward(dy: Numbers, rows: number, columns: number, draw: DropoutDraw): Float64Array {
  requireShape('dy', dy, rows, columns);
  const mask = dropoutMask(rows, columns, draw);
  const dx = new Float64Array(rows * columns);
  for (let i = 0; i < dx.length; i++) dx[i] = mask[i] === 1 ? dy[i]! / (1 - draw.probability) : 0;
  return dx;
}

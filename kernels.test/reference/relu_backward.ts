import { type Numbers, requireShape } from './numbers.js';

/**
 * dx = dy where y > 0, else 0. `y` may be ReLU's input or its output: both are positive in the same places.
 * The derivative at 0 is 0, as in PyTorch.
 */
export function reluBackward(dy: Numbers, y: Numbers): Float64Array {
  requireShape('dy', dy, y.length);
  const dx = new Float64Array(y.length);
  for (let i = 0; i < y.length; i++) dx[i] = y[i]! > 0 ? dy[i]! : 0;
  return dx;
}

import type { Numbers } from './numbers.js';

/** y = max(x, 0), element by element. */
export function reluForward(x: Numbers): Float64Array {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = x[i]! > 0 ? x[i]! : 0;
  return y;
}

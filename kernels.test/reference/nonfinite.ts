import type { Numbers } from './numbers.js';

/** How many values are NaN, +Inf or -Inf. */
export function countNonfinite(values: Numbers): number {
  return Array.from(values).filter((value) => !Number.isFinite(value)).length;
}

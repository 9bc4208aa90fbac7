import type { Numbers } from './numbers.js';

/** The first value that is NaN, +Inf or -Inf; -1 if all are finite. */
export function firstNonfinite(values: Numbers): number {
  return Array.from(values).findIndex((value) => !Number.isFinite(value));
}

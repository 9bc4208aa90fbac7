import type { Numbers } from '../reference/numbers.js';
import { flushed, gamma, tiny, u } from './arithmetic.js';

/**
 * Bound of a sum in which no value passes more than `additions` additions: γ_additions Σ|x|.
 * The default n - 1 holds for every order; a balanced tree has ceil(log2 n), t partial sums of s values each
 * s - 1 plus the additions that combine them.
 */
export function sumBound(values: Numbers, additions = Math.max(values.length - 1, 0)): number {
  return gamma(additions) * absoluteSum(values) + flushes(values);
}

/**
 * Bound of a compensated (Kahan) sum: (2u + O(nu²)) Σ|x| (Higham, eq. 4.8), with 8nu² for the second order.
 * It needs a compiler that keeps the compensation, which WGSL's rule for reassociation (no less accurate)
 * demands.
 */
export function compensatedSumBound(values: Numbers): number {
  return (2 * u + 8 * values.length * u * u) * absoluteSum(values) + flushes(values);
}

function absoluteSum(values: Numbers): number {
  let sum = 0;
  for (const value of Array.from(values)) sum += Math.abs(value);
  return sum;
}

function flushes(values: Numbers): number {
  let sum = 0;
  for (const value of Array.from(values)) sum += flushed(value) + tiny;
  return sum;
}

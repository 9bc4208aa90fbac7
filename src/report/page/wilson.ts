import type { Interval } from '../../base/statistics.js';

/** Quantile 0.975 of the normal distribution. */
const z = 1.959964;

/**
 * Wilson's score interval for `right` of `n`, in which a share lies with 95 % confidence (E. B. Wilson,
 * "Probable inference, the law of succession, and statistical inference", JASA 22, 1927): unlike the textbook
 * one it stays inside 0 to 1 and has a width even at 0 and at 1.
 * @param n at least 1
 */
export function wilsonInterval(right: number, n: number): Interval {
  const share = right / n;
  const centre = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

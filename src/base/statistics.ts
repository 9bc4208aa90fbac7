/** Figures over the seeds of a variant. */
export interface Sample {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation with n - 1 in the denominator; null for a single value. */
  readonly sd: number | null;
}

/** @param values at least one */
export function sample(values: readonly number[]): Sample {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n < 2) return { n, mean, sd: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, sd: Math.sqrt(squares / (n - 1)) };
}

/** The mean of differences that belong together in pairs. */
export interface PairedDifference {
  readonly n: number;
  readonly mean: number;
  /** Of the mean: sd / sqrt(n); null for a single pair. */
  readonly standardError: number | null;
  /** mean / standardError; infinite where every pair differs by the same amount; null for a single pair. */
  readonly t: number | null;
  /** Whether a two-sided t test at the 5 % level tells the mean from zero; null for a single pair, which tells nothing. */
  readonly significant: boolean | null;
}

/**
 * `left - right`, pair by pair. Runs of one seed share the split, the shuffles and the initial weights, so pairing by
 * seed takes out the largest part of the spread: which images happen to be held out.
 * @param left one value per seed
 * @param right the values of the same seeds in the same order
 */
export function pairedDifference(left: readonly number[], right: readonly number[]): PairedDifference {
  const { n, mean, sd } = sample(left.map((value, index) => value - right[index]!));
  if (sd === null) return { n, mean, standardError: null, t: null, significant: null };
  const standardError = sd / Math.sqrt(n);
  const t = mean === 0 ? 0 : mean / standardError;
  return { n, mean, standardError, t, significant: Math.abs(t) > criticalT(n - 1) };
}

/**
 * Quantile 0.975 of Student's t, by degrees of freedom: from tables up to 10, then the first three terms of the expansion
 * about the normal quantile z (Abramowitz and Stegun 26.7.5), which are within 0.0005 from there on.
 */
export function criticalT(degrees: number): number {
  const table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
  const z = 1.959964;
  return (
    table[degrees - 1] ??
    z +
      (z ** 3 + z) / (4 * degrees) +
      (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
      (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}

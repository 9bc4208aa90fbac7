/** How far a difference between two variants goes beyond what their seeds explain. */
import { quantileT, sample, type Interval, type Sample } from '../../base/statistics.js';

/** A figure of one seed. */
export interface SeedValue {
  readonly seed: number;
  readonly value: number;
}

/** The difference of two means with its 95 % interval. */
export interface Difference {
  /** By seed where both sides have the same ones, else Welch's, which takes the seeds as unrelated. */
  readonly method: 'paired' | 'welch';
  /** Seeds on the left and on the right. */
  readonly seeds: readonly [number, number];
  /** left - right. */
  readonly mean: number;
  /** Null where a side has a single seed, which has no spread. */
  readonly interval: StudentInterval | null;
  /** Whether the interval leaves out 0; null where there is none. */
  readonly shown: boolean | null;
}

/** With the degrees of freedom that its width comes from. */
export interface StudentInterval extends Interval {
  readonly degrees: number;
}

/**
 * `left - right` with its 95 % interval: mean ± t · standard error, Student's t.
 *
 * Paired, the standard error is sd(differences) / √n with n - 1 degrees of freedom. Otherwise it is √(a + b)
 * with a = sd₁²/n₁ and b = sd₂²/n₂, and (a + b)² / (a²/(n₁-1) + b²/(n₂-1)) degrees of freedom (B. L. Welch,
 * "The generalization of 'Student's' problem when several different population variances are involved",
 * Biometrika 34, 1947).
 * @param mayPair whether a seed means the same on both sides: the same images, split the same way
 */
export function differenceOf(
  left: readonly SeedValue[],
  right: readonly SeedValue[],
  mayPair: boolean,
): Difference {
  const bySeed = new Map(right.map(({ seed, value }) => [seed, value]));
  const pairs = left.flatMap(({ seed, value }) => {
    const other = bySeed.get(seed);
    return other === undefined ? [] : [value - other];
  });
  const isPaired = mayPair && pairs.length === left.length && pairs.length === right.length;
  const [a, b] = [left, right].map((side) => sample(side.map(({ value }) => value))) as [Sample, Sample];
  const mean = isPaired ? sample(pairs).mean : a.mean - b.mean;
  const interval = isPaired ? paired(sample(pairs)) : welch(mean, a, b);
  return {
    method: isPaired ? 'paired' : 'welch',
    seeds: [left.length, right.length],
    mean,
    interval,
    shown: interval && (interval.low > 0 || interval.high < 0),
  };
}

function paired({ n, mean, sd }: Sample): StudentInterval | null {
  return sd === null ? null : intervalOf(mean, sd / Math.sqrt(n), n - 1);
}

function welch(mean: number, a: Sample, b: Sample): StudentInterval | null {
  if (a.sd === null || b.sd === null) return null;
  const [left, right] = [a.sd ** 2 / a.n, b.sd ** 2 / b.n];
  const error = left + right;
  // Without any spread the degrees have no meaning, and the interval is a point.
  const degrees = error === 0 ? a.n + b.n - 2 : error ** 2 / (left ** 2 / (a.n - 1) + right ** 2 / (b.n - 1));
  return intervalOf(mean, Math.sqrt(error), degrees);
}

function intervalOf(mean: number, standardError: number, degrees: number): StudentInterval {
  const half = standardError === 0 ? 0 : quantileT(degrees) * standardError;
  return { low: mean - half, high: mean + half, degrees };
}

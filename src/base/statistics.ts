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
  /** Whether a two-sided t test at the 5 % level tells the mean from zero; null for a single pair. */
  readonly significant: boolean | null;
}

/**
 * `left - right`, pair by pair. Runs of one seed share the split, the shuffles and the initial weights, so
 * pairing by seed takes out the largest part of the spread: which images happen to be held out.
 * @param left one value per seed
 * @param right the values of the same seeds in the same order
 */
export function pairedDifference(left: readonly number[], right: readonly number[]): PairedDifference {
  const { n, mean, sd } = sample(left.map((value, index) => value - right[index]!));
  if (sd === null) return { n, mean, standardError: null, t: null, significant: null };
  const standardError = sd / Math.sqrt(n);
  const t = mean === 0 ? 0 : mean / standardError;
  return { n, mean, standardError, t, significant: Math.abs(t) > quantileT(n - 1) };
}

/** A range of values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Slices of Simpson's rule; even. The quantile is then right to four digits from 1 degree of freedom on. */
const slices = 4000;

/** By degrees of freedom: one takes some milliseconds, and conclusions ask for the same ones many times. */
const known = new Map<number, number>();

/**
 * Quantile 0.975 of Student's t: 95 % of the distribution lie within ± of it.
 *
 * With t = √ν · tan θ the density (1 + t²/ν)^(-(ν+1)/2) dt becomes cos^(ν-1) θ dθ, so that
 * P(|T| < t) = ∫₀^atan(t/√ν) cos^(ν-1) θ dθ / ∫₀^(π/2) cos^(ν-1) θ dθ. Both integrals are Simpson's; the
 * place where their ratio is 0.95 is found by halving.
 * @param degrees of freedom, at least 1; Welch's are no whole numbers
 */
export function quantileT(degrees: number): number {
  const before = known.get(degrees);
  if (before !== undefined) return before;
  const density = (angle: number): number => Math.max(0, Math.cos(angle)) ** (degrees - 1);
  const wanted = 0.95 * simpson(density, Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (simpson(density, middle) < wanted) low = middle;
    else high = middle;
  }
  const quantile = Math.sqrt(degrees) * Math.tan(low);
  known.set(degrees, quantile);
  return quantile;
}

/** P(|T| > t) of Student's t: the chance of a difference at least as large where there is none. */
export function tailT(t: number, degrees: number): number {
  if (t === Infinity) return 0;
  const density = (angle: number): number => Math.max(0, Math.cos(angle)) ** (degrees - 1);
  return Math.max(0, 1 - simpson(density, Math.atan(t / Math.sqrt(degrees))) / simpson(density, Math.PI / 2));
}

/**
 * Which of several tests stand when they are made together (Holm, "A Simple Sequentially Rejective Multiple
 * Test Procedure", 1979): the chance that any of those that stand is wrong is at most `level`.
 * @param chances of the tests, each between 0 and 1
 */
export function holm(chances: readonly number[], level: number): boolean[] {
  const order = [...chances.keys()].sort((a, b) => chances[a]! - chances[b]!);
  const failing = order.findIndex((index, rank) => chances[index]! > level / (chances.length - rank));
  const standing = new Set(failing < 0 ? order : order.slice(0, failing));
  return chances.map((_, index) => standing.has(index));
}

/** ∫ from 0 to `end`. */
function simpson(f: (x: number) => number, end: number): number {
  const width = end / slices;
  let sum = f(0) + f(end);
  for (let slice = 1; slice < slices; slice++) sum += (slice % 2 === 0 ? 2 : 4) * f(slice * width);
  return (sum * width) / 3;
}

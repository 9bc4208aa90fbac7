import type { Numbers } from '../reference/numbers.js';
import { divisionError, exponentialError, gamma, logarithmError, tiny, u, ulps } from './arithmetic.js';

/** What a softmax cross-entropy is computed of. */
export interface CrossEntropy {
  /** [rows, classes] */
  readonly logits: Numbers;
  /** [rows] */
  readonly labels: Numbers;
  readonly rows: number;
  readonly classes: number;
  /** How far the logits may lie from the given ones: by default nowhere. */
  readonly radius?: Numbers;
  /** Of the labels; by default none. */
  readonly smoothing?: number;
}

export interface CrossEntropyBound {
  /** [rows] */
  readonly losses: Float64Array;
  /** [rows, classes] */
  readonly gradient: Float64Array;
}

/**
 * Bound of softmax_cross_entropy as the kernel computes it, with z the logits, m their maximum and y the
 * label:
 *
 *   d_j = z_j - m       one rounding: e^{d_j} changes by at most e^{u|d_j|}
 *   e_j = exp(d_j)      3 + 2|d_j| ULP; together ρ_j
 *   S   = Σ e_j         at most C - 1 additions of positive terms: σ = Σ e_j ρ_j / S, then γ_{C-1}
 *   loss = log(S) - d_y log of a relative error σ is -log(1 - σ); WGSL's log; d_y's and the last rounding
 *   softmax_j = e_j / S 2.5 ULP, or one rounding more by way of 1/S
 *   gradient = (softmax_j - [j = y]) / rows   a rounding for the difference; 2.5 ULP for the division, which
 *                                             covers a product with the rounded 1/rows
 *
 * With smoothing ε, t_j the target and h = ε / C:
 *
 *   t_j                 ε rounded by the host, h by a division; for the label also 1 - ε and a sum: 3u in
 *                       all, as every number is at most 1
 *   loss = log(S) - ((1 - ε) d_y + h Σ d_j)   each term: two factors' errors and a product; C additions of
 *                       terms of one sign
 *   gradient = (softmax_j - t_j) / rows
 *
 * Logits with radii r: softmax_j and the loss are monotone in each difference z_i - z_j, so their ranges over
 * all logits within r are exact intervals; the errors above are then taken at the worst logits in range.
 */
export function crossEntropyBound({
  logits,
  labels,
  rows,
  classes,
  radius: logitsRadius,
  smoothing = 0,
}: CrossEntropy): CrossEntropyBound {
  const losses = new Float64Array(rows);
  const gradient = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const z = Float64Array.from({ length: classes }, (_, j) => logits[row * classes + j]!);
    const r = Float64Array.from(z, (_, j) => logitsRadius?.[row * classes + j] ?? 0);
    const label = labels[row]!;
    const { rho, sigma, sum } = sumErrors(z, r);

    const loss = smoothedRange(z, r, label, smoothing);
    const local =
      -Math.log1p(-sigma) +
      logarithmError(sum.low * (1 - sigma), sum.high * (1 + sigma)) +
      distanceError(z, r, label, smoothing);
    losses[row] = loss.radius + local + u * (loss.high + local) + tiny;

    for (let j = 0; j < classes; j++) {
      const softmax = range(z, r, j, softmaxOf);
      const relative = ((1 + rho[j]!) * (1 + divisionError) * (1 + u)) / (1 - sigma) - 1;
      const target = targetOf(j === label, classes, smoothing);
      const radius = softmax.radius + softmax.high * relative + 2 * tiny + target.error;
      const difference = Math.abs(softmax.middle - target.value) + radius;
      const rounding = (1 + (target.value > 0 ? u : 0)) * (1 + divisionError) - 1;
      gradient[row * classes + j] = (radius + difference * rounding) / rows + tiny;
    }
  }
  return { losses, gradient };
}

/** A share h = ε / C of the target as the kernel has it: ε is rounded, then divided. */
const shareError = (1 + u) * (1 + divisionError) - 1;

function targetOf(
  isLabel: boolean,
  classes: number,
  smoothing: number,
): { readonly value: number; readonly error: number } {
  if (smoothing === 0) return { value: isLabel ? 1 : 0, error: 0 };
  const share = smoothing / classes;
  const error = share * shareError + 2 * tiny;
  return isLabel ? { value: 1 - smoothing + share, error: error + 3 * u } : { value: share, error };
}

/** The range of the loss: a mean, by the target, of losses whose ranges are exact intervals. */
function smoothedRange(
  z: Float64Array,
  r: Float64Array,
  label: number,
  smoothing: number,
): { readonly high: number; readonly radius: number } {
  const own = range(z, r, label, lossOf);
  if (smoothing === 0) return own;
  const ranges = [...z.keys()].map((j) => range(z, r, j, lossOf));
  const mean = (of: 'high' | 'radius'): number =>
    (1 - smoothing) * own[of] + (smoothing / z.length) * ranges.reduce((sum, each) => sum + each[of], 0);
  return { high: mean('high'), radius: mean('radius') };
}

/** Of the distance of the target's logits from the largest one, at the worst logits in range. */
function distanceError(z: Float64Array, r: Float64Array, label: number, smoothing: number): number {
  const distances = z.map((value) => Math.max(...z) - value + 2 * Math.max(...r));
  const own = distances[label]!;
  if (smoothing === 0) return u * own;
  // The factor 1 - ε is at most 2u off.
  const kept = (1 - smoothing + 2 * u) * own * (1 + u) ** 2;
  const share = smoothing / z.length;
  const all = distances.reduce((sum, each) => sum + share * each, 0);
  const shared = all * (1 + shareError) * (1 + u) ** 2;
  const flushed = (z.length + 1 + all / share) * tiny;
  return (kept + shared) * (1 + gamma(z.length)) - (1 - smoothing) * own - all + flushed;
}

/** The range of f, monotone in all the differences z_i - z_j (i ≠ j), over all logits within their radii. */
function range(
  z: Float64Array,
  r: Float64Array,
  j: number,
  f: (differences: Float64Array) => number,
): { middle: number; high: number; radius: number } {
  const at = (sign: number): number =>
    f(z.map((zi, i) => zi - z[j]! + sign * (r[i]! + r[j]!)).filter((_, i) => i !== j));
  const [below, middle, above] = [at(-1), at(0), at(1)];
  return {
    middle,
    high: Math.max(below, above),
    radius: Math.max(Math.abs(above - middle), Math.abs(middle - below)),
  };
}

/** -log softmax_j = log(1 + Σ e^{z_i - z_j}), without overflow. */
function lossOf(differences: Float64Array): number {
  const largest = Math.max(0, ...differences);
  const sum = differences.reduce((total, value) => total + Math.exp(value - largest), Math.exp(-largest));
  return largest + Math.log(sum);
}

/** softmax_j = 1 / (1 + Σ e^{z_i - z_j}). */
function softmaxOf(differences: Float64Array): number {
  return 1 / differences.reduce((total, value) => total + Math.exp(value), 1);
}

/** ρ per class and σ as above, and the range of S, over all logits within their radii. */
function sumErrors(
  z: Float64Array,
  r: Float64Array,
): { rho: Float64Array; sigma: number; sum: { low: number; high: number } } {
  const classes = z.length;
  const maximum = Math.max(...z);
  const slack = 2 * Math.max(...r);
  const rho = new Float64Array(classes);
  const sum = { low: 0, high: 0 };
  let errors = 0;
  z.forEach((zj, j) => {
    const distance = maximum - zj;
    // Beyond 1000 below the maximum, e_j is 0 whatever its relative error.
    const furthest = Math.min(distance + slack, 1000);
    rho[j] = (1 + exponentialError(furthest)) * Math.exp(u * furthest) - 1;
    const high = Math.min(1, Math.exp(slack - distance));
    sum.low += Math.exp(-slack - distance);
    sum.high += high;
    errors += high * rho[j] + tiny;
  });
  sum.low = Math.max(1, sum.low);
  const sigma = (1 + errors / sum.low) * (1 + gamma(classes - 1)) - 1;
  return { rho, sigma: Math.min(sigma, 1 - ulps(1)), sum };
}

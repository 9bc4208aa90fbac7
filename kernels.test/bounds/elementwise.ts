import type { Numbers } from '../reference/numbers.js';
import { divisionError, flushed, gamma, tiny } from './arithmetic.js';

/**
 * Bound of gather, per element of x = byte / 255: 2.5 ULP of a division. Multiplying by the rounded 1/255
 * (two roundings) stays inside. 0 is exact. Also the radius of x where a product's sum is divided instead of
 * its pixels: see productRadii.
 * @param x the reference's result
 */
export function gatherBound(x: Numbers): Float64Array {
  return Float64Array.from(x, (value) => divisionError * Math.abs(value));
}

/** Bound of relu_forward: exact, but for a denormal that is flushed; ReLU passes a radius on at most once. */
export function reluForwardBound(x: Numbers, xRadius?: Numbers): Float64Array {
  return Float64Array.from(x, (value, i) => {
    const radius = xRadius?.[i] ?? 0;
    return value + radius <= 0 ? 0 : flushed(value) + radius;
  });
}

/**
 * Bound of relu_backward: exact where the sign of y is certain; where it is not (y is denormal, or within its
 * radius of 0), the result may be dy or 0.
 */
export function reluBackwardBound(
  dy: Numbers,
  y: Numbers,
  dyRadius?: Numbers,
  yRadius?: Numbers,
): Float64Array {
  return Float64Array.from(dy, (value, i) => {
    const radius = dyRadius?.[i] ?? 0;
    const doubt = (yRadius?.[i] ?? 0) + flushed(y[i]!);
    if (y[i]! + doubt <= 0) return 0;
    if (y[i]! - doubt <= 0) return Math.abs(value) + radius;
    return flushed(value) + radius;
  });
}

/**
 * Bound of dropout_forward and dropout_backward. Kept: the rounded scale 1/(1-p), times x: γ_2. Dropped:
 * exactly 0.
 * @param mask 1 where kept
 */
export function dropoutBound(
  x: Numbers,
  mask: Numbers,
  probability: number,
  xRadius?: Numbers,
): Float64Array {
  const scale = 1 / (1 - probability);
  return Float64Array.from(x, (value, i) => {
    if (mask[i] !== 1) return 0;
    const radius = (xRadius?.[i] ?? 0) + flushed(value);
    return scale * (gamma(2) * (Math.abs(value) + radius) + radius) + tiny;
  });
}

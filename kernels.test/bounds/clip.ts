import { clipFactor } from '../reference/clip_gradients.js';
import type { Numbers } from '../reference/numbers.js';
import { divisionError, flushed, gamma, squareRootError, tiny, u } from './arithmetic.js';

/** Most parts of a gradient whose squares are added up apart. */
const mostParts = 256;

/**
 * Roundings that the square of an element passes on its way into the sum of a part of `length` elements: its
 * own, additions in its lane (8 lanes at the least, 4 components each), of the four components, and of at
 * most 64 lanes.
 */
export function partRoundings(length: number): number {
  return 1 + Math.ceil(length / 4 / 8) + 2 + 64;
}

/** How far a computed sum of squares may lie from the exact one. @param radius of each value */
export function squareSumBound(values: Numbers, roundings: number, radius?: Numbers): number {
  let [sum, spread] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = Math.abs(values[i]!);
    const r = (radius?.[i] ?? 0) + flushed(value);
    sum += (value + r) ** 2;
    spread += (2 * value + r) * r + 2 * tiny;
  }
  return gamma(roundings) * sum + spread;
}

/**
 * Bound of gradient_norm and clip_gradients, one after the other: how far each clipped element may lie from
 * the reference's.
 *
 *   S = Σ g²                    γ by the longest way of a square (partRoundings), then the parts: additions
 *                               in a lane (8 at the least) and of at most 64 lanes
 *   d = √S + 1e-6               √ by WGSL, over the range of S; the constant and the sum: γ_2
 *   f = min(1, max / d)         max is rounded once, and a division; min is exact, and no steeper than max/d
 *   f g                         a product
 *
 * @param radius of g, if it is itself a rounded result
 */
export function clipBound(g: Numbers, maxNorm: number | null, radius?: Numbers): Float64Array {
  const part = Math.max(2048, Math.ceil(g.length / mostParts));
  const roundings = partRoundings(part) + Math.ceil(mostParts / 8) + 64;
  let square = 0;
  for (const value of Array.from(g)) square += value ** 2;
  return factorBound(g, square, squareSumBound(g, roundings, radius), maxNorm, radius);
}

/** Bound of clip_gradients alone. @param square sum of the squares of g @param spread how far off it is */
export function factorBound(
  g: Numbers,
  square: number,
  spread: number,
  maxNorm: number | null,
  radius?: Numbers,
): Float64Array {
  const rootError = (1 + squareRootError) * (1 + gamma(2)) - 1;
  const factor = clipFactor(Math.sqrt(square), maxNorm);
  const [low, high] = [-1, 1].map((sign) => {
    const root = Math.sqrt(Math.max(0, square + sign * spread));
    return (root + 1e-6) * (1 + sign * rootError) + sign * tiny;
  });
  const quotient = (divisor: number, sign: number): number =>
    Math.min(1, ((maxNorm ?? Infinity) / divisor) * (1 + sign * ((1 + u) * (1 + divisionError) - 1)));
  const off = Math.max(quotient(low!, 1) - factor, factor - quotient(high!, -1), 0);
  return Float64Array.from(g, (value, i) => {
    const r = (radius?.[i] ?? 0) + flushed(value);
    const product = off * (Math.abs(value) + r) + factor * r;
    return product + u * (factor * Math.abs(value) + product) + tiny;
  });
}

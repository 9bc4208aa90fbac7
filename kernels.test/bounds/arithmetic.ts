/**
 * What WGSL promises for f32 (W3C WGSL, section "Floating point accuracy"), as relative errors in units of
 * u = 2^-24, the error of one correctly rounded operation (+, -, *).
 *
 * One ULP of x is at most 2^-23 |x| = 2u |x|.
 */
/** The unit roundoff of f32. */
export const u = 2 ** -24;

/**
 * The smallest normal f32. A device may flush anything smaller to 0, as an input and as a result; without
 * flushing such a result still has an absolute error of up to 2^-150. `tiny` per operation covers either.
 */
export const tiny = 2 ** -126;

/** A relative error of `count` ULP. */
export function ulps(count: number): number {
  return 2 * count * u;
}

/** x / y: 2.5 ULP. */
export const divisionError = ulps(2.5);

/** sqrt(x) is as accurate as 1.0 / inverseSqrt(x): 2 ULP, then a division. */
export const squareRootError = (1 + divisionError) / (1 - ulps(2)) - 1;

/** exp(x): 3 + 2|x| ULP. */
export function exponentialError(x: number): number {
  return ulps(3 + 2 * Math.abs(x));
}

/** log(x), as an absolute error, for any x in [low, high]: 2^-21 inside [0.5, 2], otherwise 3 ULP. */
export function logarithmError(low: number, high: number): number {
  const outside = ulps(3) * Math.max(Math.abs(Math.log(low)), Math.abs(Math.log(high)));
  return low <= 2 && high >= 0.5 ? Math.max(2 ** -21, outside) : outside;
}

/**
 * γ_n = nu / (1 - nu): the relative error of n successive roundings in the worst case (Higham, Accuracy and
 * Stability of Numerical Algorithms, 2nd ed., lemma 3.1).
 */
export function gamma(n: number): number {
  return (n * u) / (1 - n * u);
}

/**
 * λ of the probable bounds below. The bound of one result fails with a probability of at most 2n exp(-λ²/2):
 * for λ = 8 and n = 1000 that is 3e-11.
 */
export const confidence = 8;

/**
 * γ̃_n(λ) = exp(λ√n u + nu²/(1-u)) - 1: the relative error of n successive roundings when rounding errors are
 * independent with mean 0 (Higham & Mary, A New Approach to Probabilistic Rounding Error Analysis, SISC
 * 41(5), 2019, theorem 2.4).
 */
export function probableGamma(n: number): number {
  return Math.expm1(confidence * Math.sqrt(n) * u + (n * u * u) / (1 - u));
}

/** What is lost when a device flushes the denormal `x` to 0: |x|, or 0 for a normal number. */
export function flushed(x: number): number {
  const magnitude = Math.abs(x);
  return magnitude < tiny ? magnitude : 0;
}

/**
 * `certain`: worst-case bounds. `probable`: rounding errors are independent with mean 0; for whole networks
 * only.
 */
export type Rounding = 'certain' | 'probable';

/**
 * How far each element of a computed vector may lie from its exact value: at most certain + probable.
 *
 * The two parts differ in how they add up. `certain` errors may all point the same way: their magnitudes add.
 * `probable` ones are independent with mean 0, so the root of the sum of their squares is as probable a bound
 * for the sum.
 */
export interface Radii {
  readonly certain: Float64Array;
  readonly probable: Float64Array;
}

/** certain + probable, element by element. */
export function totalRadii(radii: Radii): Float64Array {
  return radii.certain.map((value, i) => value + radii.probable[i]!);
}

/** Radii of a worst case alone; undefined for exact values. */
export function certainRadii(radius: ArrayLike<number> | undefined): Radii | undefined {
  if (radius === undefined) return undefined;
  return { certain: Float64Array.from(radius), probable: new Float64Array(radius.length) };
}

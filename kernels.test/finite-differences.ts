/**
 * The gradient of a scalar function by central differences, (f(x + h) - f(x - h)) / 2h per coordinate.
 *
 * With h = 1e-5 the truncation error h²f‴/6 and the rounding error 2⁻⁵³|f|/h are both near 1e-11 for values
 * near 1, so a check against it can ask for 1e-7 and still see a gradient that is wrong by a thousandth.
 */
export function centralDifferences(f: (x: Float64Array) => number, at: ArrayLike<number>): Float64Array {
  const h = 1e-5;
  const x = Float64Array.from(at);
  return Float64Array.from(at, (value, i) => {
    x[i] = value + h;
    const above = f(x);
    x[i] = value - h;
    const below = f(x);
    x[i] = value;
    return (above - below) / (2 * h);
  });
}

/**
 * The largest difference of two gradients, as a share of the largest element of the second; Infinity if one
 * is NaN.
 */
export function gradientMismatch(analytic: Float64Array, numeric: Float64Array): number {
  if (analytic.length !== numeric.length || analytic.length === 0) return Infinity;
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < numeric.length; i++) {
    const difference = Math.abs(analytic[i]! - numeric[i]!);
    if (Number.isNaN(difference)) return Infinity;
    worst = Math.max(worst, difference);
    scale = Math.max(scale, Math.abs(numeric[i]!));
  }
  return scale === 0 ? (worst === 0 ? 0 : Infinity) : worst / scale;
}

/** Quantiles of Student's t for any degrees of freedom: Welch's are no whole numbers. */

/** Slices of Simpson's rule; even. The quantile is then right to four digits from 1 degree of freedom on. */
const slices = 4000;

/**
 * Quantile 0.975 of Student's t: 95 % of the distribution lie within ± of it.
 *
 * With t = √ν · tan θ the density (1 + t²/ν)^(-(ν+1)/2) dt becomes cos^(ν-1) θ dθ, so that
 * P(|T| < t) = ∫₀^atan(t/√ν) cos^(ν-1) θ dθ / ∫₀^(π/2) cos^(ν-1) θ dθ. Both integrals are Simpson's; the place where
 * their ratio is 0.95 is found by halving.
 * @param degrees of freedom, at least 1
 */
export function quantileT(degrees: number): number {
  const density = (angle: number): number => Math.max(0, Math.cos(angle)) ** (degrees - 1);
  const wanted = 0.95 * simpson(density, Math.PI / 2);
  let [low, high] = [0, Math.PI / 2];
  while (high - low > 1e-12) {
    const middle = (low + high) / 2;
    if (simpson(density, middle) < wanted) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

/** ∫ from 0 to `end`. */
function simpson(f: (x: number) => number, end: number): number {
  const width = end / slices;
  let sum = f(0) + f(end);
  for (let slice = 1; slice < slices; slice++) sum += (slice % 2 === 0 ? 2 : 4) * f(slice * width);
  return (sum * width) / 3;
}

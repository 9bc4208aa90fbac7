import type { AdamState, AdamWSettings } from '../reference/adamw.js';
import type { Numbers } from '../reference/numbers.js';
import { divisionError, flushed, gamma, squareRootError, tiny, u } from './arithmetic.js';

/**
 * Bound of adamw: how far p, m and v may each lie from the reference's.
 *
 * The host rounds each constant once, from f64 (β₁, 1-β₁, β₂, 1-β₂, ε, lr, λ, 1 - lr·λ and the bias
 * corrections), which is one rounding per use. Then
 *
 *   g' = g + λp          λ, product, sum: γ_3 of both terms (l2 only)
 *   m' = β₁m + (1-β₁)g'  constant, product, sum: γ_3 of both terms; the radius of g' passes through
 *   v' = β₂v + (1-β₂)g'² γ_3 and γ_4; (g' ± r)² differs from g'² by at most (2|g'| + r) r
 *   D  = √v' · c₂ + ε    √ by WGSL; c₂ and its product, or a division by its inverse: divisionError
 *   p' = shrink·p - (lr·c₁·m') / D   c₁ = 1/(1-β₁ᵗ), lr and their products: γ_4, and a division
 *
 * √ and the quotient are not linear near 0, where Adam's first steps live, so the range of m'/D is taken over
 * the corners of m' ± r_m and v' ± r_v. shrink is the rounded 1 - lr·λ; computing p - lr·λ·p instead is
 * covered by γ_4 |lr·λ·p|.
 * @param gRadius radius of g, if it is itself a rounded result
 */
export function adamwBound(
  p: Numbers,
  g: Numbers,
  m: Numbers,
  v: Numbers,
  settings: AdamWSettings,
  gRadius?: Numbers,
): AdamState {
  const { learningRate, beta1, beta2, epsilon, weightDecay, decay, step } = settings;
  const coupled = decay === 'l2' ? weightDecay : 0;
  const decoupled = decay === 'decoupled' ? learningRate * weightDecay : 0;
  const scale1 = learningRate / (1 - beta1 ** step);
  const scale2 = 1 / Math.sqrt(1 - beta2 ** step);
  const bound = {
    p: new Float64Array(p.length),
    m: new Float64Array(p.length),
    v: new Float64Array(p.length),
  };
  for (let i = 0; i < p.length; i++) {
    const pi = Math.abs(p[i]!);
    const gradient = Math.abs(g[i]! + coupled * p[i]!);
    let rg = (gRadius?.[i] ?? 0) + flushed(g[i]!);
    if (coupled > 0) rg += gamma(3) * (Math.abs(g[i]!) + rg + coupled * pi) + 2 * tiny;

    const first = beta1 * m[i]! + (1 - beta1) * (g[i]! + coupled * p[i]!);
    const firstTerms = beta1 * Math.abs(m[i]!) + (1 - beta1) * (gradient + rg);
    const rm = gamma(3) * firstTerms + (1 - beta1) * rg + 4 * tiny;

    const second = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    const secondTerms = beta2 * v[i]! + (1 - beta2) * (gradient + rg) ** 2;
    const rv = gamma(4) * secondTerms + (1 - beta2) * (2 * gradient + rg) * rg + 4 * tiny;

    const rootError = (1 + squareRootError) * (1 + u) * (1 + divisionError) - 1;
    const lowRoot = Math.sqrt(Math.max(second - rv, 0)) * scale2 * (1 - rootError);
    const highRoot = Math.sqrt(second + rv) * scale2 * (1 + rootError) + tiny;
    const low = (lowRoot + epsilon * (1 - u)) * (1 - u);
    const high = (highRoot + epsilon * (1 + u)) * (1 + u);
    const exact = (scale1 * first) / (Math.sqrt(second) * scale2 + epsilon);
    const above = (scale1 * (first + rm)) / (first + rm > 0 ? low : high);
    const below = (scale1 * (first - rm)) / (first - rm > 0 ? high : low);
    const largest = Math.max(above, -below);
    const spread = Math.max(above - exact, exact - below);
    const update = spread + ((1 + gamma(4)) * (1 + divisionError) - 1) * largest + 2 * tiny;

    const shrunk = Math.abs(1 - decoupled) * pi;
    const shrink = gamma(2) * shrunk + gamma(4) * decoupled * pi + flushed(pi);
    bound.m[i] = rm;
    bound.v[i] = rv;
    bound.p[i] =
      update + shrink + u * (Math.abs((1 - decoupled) * p[i]! - exact) + update + shrink) + 2 * tiny;
  }
  return bound;
}

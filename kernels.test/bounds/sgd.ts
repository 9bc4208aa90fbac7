import type { Numbers } from '../reference/numbers.js';
import type { SgdSettings, SgdState } from '../reference/sgd.js';
import { flushed, gamma, tiny, u } from './arithmetic.js';

/**
 * Bound of sgd: how far p and m may each lie from the reference's.
 *
 * The host rounds each constant once, from f64 (lr, momentum, λ and 1 - lr·λ). Then
 *
 *   g' = g + λp              λ, product, sum: γ_3 of both terms (l2 only)
 *   m' = momentum·m + g'     constant, product, sum: γ_3 of both terms; the radius of g' passes through
 *   p' = shrink·p - lr·m'    constant and product: γ_2 of each term, and the rounding of the difference; the
 *                            radius of m' passes through. Computing p - lr·λ·p is covered by γ_4 |lr·λ·p|.
 *
 * @param gRadius radius of g, if it is itself a rounded result
 */
export function sgdBound(
  p: Numbers,
  g: Numbers,
  m: Numbers,
  settings: SgdSettings,
  gRadius?: Numbers,
): SgdState {
  const { learningRate, momentum, weightDecay, decay } = settings;
  const coupled = decay === 'l2' ? weightDecay : 0;
  const decoupled = decay === 'decoupled' ? learningRate * weightDecay : 0;
  const bound = { p: new Float64Array(p.length), m: new Float64Array(p.length) };
  for (let i = 0; i < p.length; i++) {
    const pi = Math.abs(p[i]!);
    const gradient = g[i]! + coupled * p[i]!;
    let rg = (gRadius?.[i] ?? 0) + flushed(g[i]!);
    if (coupled > 0) rg += gamma(3) * (Math.abs(g[i]!) + rg + coupled * pi) + 2 * tiny;

    const old = momentum * Math.abs(m[i]!);
    const rm = rg + gamma(3) * (old + Math.abs(gradient) + rg) + momentum * flushed(m[i]!) + 2 * tiny;

    const next = momentum * m[i]! + gradient;
    const move = learningRate * (rm + gamma(2) * (Math.abs(next) + rm)) + tiny;
    const shrink = gamma(2) * Math.abs(1 - decoupled) * pi + gamma(4) * decoupled * pi + flushed(pi) + tiny;
    const exact = (1 - decoupled) * p[i]! - learningRate * next;
    bound.m[i] = rm;
    bound.p[i] = move + shrink + u * (Math.abs(exact) + move + shrink) + tiny;
  }
  return bound;
}

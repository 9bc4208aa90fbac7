import { type Numbers, requireShape } from './numbers.js';

export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /**
   * `decoupled` shrinks the parameter itself (AdamW); `l2` adds λp to the gradient (Adam with coupled decay).
   */
  readonly decay: 'decoupled' | 'l2';
  /** The number of this step, counted from 1: the exponent of the bias corrections. */
  readonly step: number;
}

/** Parameters with their first and second moments. */
export interface AdamState {
  readonly p: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/**
 * One step of Adam with decoupled (Loshchilov & Hutter 2019, algorithm 2) or coupled decay:
 *
 *   g ← g + λp (l2 only);  m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²;  m̂ = m/(1-β₁ᵗ);  v̂ = v/(1-β₂ᵗ);
 *   p ← p - lr·λ·p (decoupled only) - lr·m̂/(√v̂ + ε)
 */
export function adamw(p: Numbers, g: Numbers, m: Numbers, v: Numbers, settings: AdamWSettings): AdamState {
  const n = p.length;
  requireShape('g', g, n);
  requireShape('m', m, n);
  requireShape('v', v, n);
  const { learningRate, beta1, beta2, epsilon, weightDecay, decay, step } = settings;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  const coupled = decay === 'l2' ? weightDecay : 0;
  const decoupled = decay === 'decoupled' ? weightDecay : 0;
  const next = { p: new Float64Array(n), m: new Float64Array(n), v: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    const gradient = g[i]! + coupled * p[i]!;
    const first = beta1 * m[i]! + (1 - beta1) * gradient;
    const second = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    const update = first / correction1 / (Math.sqrt(second / correction2) + epsilon);
    next.m[i] = first;
    next.v[i] = second;
    next.p[i] = p[i]! - learningRate * decoupled * p[i]! - learningRate * update;
  }
  return next;
}

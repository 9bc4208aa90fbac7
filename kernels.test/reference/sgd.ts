import { type Numbers, requireShape } from './numbers.js';

export interface SgdSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** `decoupled` shrinks the parameter itself (SGDW); `l2` adds λp to the gradient (torch.optim.SGD). */
  readonly decay: 'decoupled' | 'l2';
}

/** Parameters with their momentum buffers. */
export interface SgdState {
  readonly p: Float64Array;
  readonly m: Float64Array;
}

/**
 * One step of torch.optim.SGD(momentum) without dampening and Nesterov, whose buffer is g after the first
 * step, as it is here if m is 0 before it; with coupled or decoupled decay (Loshchilov & Hutter 2019,
 * algorithm 1):
 *
 *   g ← g + λp (l2 only);  m ← momentum·m + g;  p ← p - lr·λ·p (decoupled only) - lr·m
 */
export function sgd(p: Numbers, g: Numbers, m: Numbers, settings: SgdSettings): SgdState {
  const n = p.length;
  requireShape('g', g, n);
  requireShape('m', m, n);
  const { learningRate, momentum, weightDecay, decay } = settings;
  const coupled = decay === 'l2' ? weightDecay : 0;
  const decoupled = decay === 'decoupled' ? weightDecay : 0;
  const next = { p: new Float64Array(n), m: new Float64Array(n) };
  for (let i = 0; i < n; i++) {
    next.m[i] = momentum * m[i]! + g[i]! + coupled * p[i]!;
    next.p[i] = p[i]! - learningRate * decoupled * p[i]! - learningRate * next.m[i]!;
  }
  return next;
}

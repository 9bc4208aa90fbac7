import type { TrialRecord } from '../../../src/kernels/index.js';
import { uniform } from '../../arrays.js';
import { sgdBound } from '../../bounds.js';
import { sgd } from '../../reference/sgd.js';
import type { ElementwiseShape } from '../elementwise-suite.js';
import type { KernelCase } from '../kernel-case.js';
import { inArena } from '../support.js';

/** One trial's operands. */
export interface SgdOperands {
  readonly g: Float32Array;
  readonly w: Float32Array;
  readonly m: Float32Array;
}

export type SgdSlot = Pick<TrialRecord, 'learningRate' | 'weightDecay' | 'decay' | 'momentum'>;

/** An update of one set of operands per trial; the operands lie in arenas, as the engine's do. */
export function sgdCase(
  shape: ElementwiseShape,
  operands: readonly SgdOperands[],
  slots: readonly SgdSlot[],
): KernelCase {
  const tensor = (role: 'reads' | 'updates', name: keyof SgdOperands) =>
    inArena({ ...shape, role, data: operands.map((each) => each[name]) });
  return {
    run: {
      kernel: 'sgd',
      tensors: { g: tensor('reads', 'g'), w: tensor('updates', 'w'), m: tensor('updates', 'm') },
      trials: operands.length,
      slots,
    },
    expected: (trial, settings) => {
      const { g, w, m } = operands[trial]!;
      const values = sgd(w, g, m, settings);
      const bound = sgdBound(w, g, m, settings);
      return { w: { values: values.p, bound: bound.p }, m: { values: values.m, bound: bound.m } };
    },
  };
}

export function randomSgdOperands(length: number, seed: number): SgdOperands {
  return { g: uniform(length, seed + 1), w: uniform(length, seed + 2), m: uniform(length, seed + 3) };
}

/** Trials that differ in rate, momentum, λ and kind of decay. */
export const differentSgd: readonly SgdSlot[] = [
  { learningRate: 0.01, momentum: 0.9, weightDecay: 0.1, decay: 'decoupled' },
  { learningRate: 0.1, momentum: 0.5, weightDecay: 0.5, decay: 'l2' },
  { learningRate: 1, momentum: 0, weightDecay: 0, decay: 'decoupled' },
];

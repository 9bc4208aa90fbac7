import { adam, type TrialRecord } from '../../../src/kernels/index.js';
import { uniform } from '../../arrays.js';
import { adamwBound } from '../../bounds.js';
import { adamw } from '../../reference/adamw.js';
import type { ElementwiseShape } from '../elementwise-suite.js';
import type { KernelCase } from '../kernel-case.js';
import { inArena } from '../support.js';

/** One trial's operands. */
export interface AdamwOperands {
  readonly g: Float32Array;
  readonly w: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

export interface AdamwSettings {
  /** Optimiser step, counted from 0. */
  readonly number: number;
  readonly slots: readonly Pick<TrialRecord, 'learningRate' | 'weightDecay' | 'decay'>[];
}

/** An update of one set of operands per trial; the operands lie in arenas, as the engine's do. */
export function adamwCase(
  shape: ElementwiseShape,
  operands: readonly AdamwOperands[],
  { number, slots }: AdamwSettings,
): KernelCase {
  const tensor = (role: 'reads' | 'updates', name: keyof AdamwOperands) =>
    inArena({ ...shape, role, data: operands.map((each) => each[name]) });
  return {
    run: {
      kernel: 'adamw',
      tensors: {
        g: tensor('reads', 'g'),
        w: tensor('updates', 'w'),
        m: tensor('updates', 'm'),
        v: tensor('updates', 'v'),
      },
      trials: operands.length,
      slots,
      step: { number, rows: 1 },
    },
    expected: (trial, { learningRate, weightDecay, decay }) => {
      const { g, w, m, v } = operands[trial]!;
      const settings = { ...adam, learningRate, weightDecay, decay, step: number + 1 };
      const values = adamw(w, g, m, v, settings);
      const bound = adamwBound(w, g, m, v, settings);
      return {
        w: { values: values.p, bound: bound.p },
        m: { values: values.m, bound: bound.m },
        v: { values: values.v, bound: bound.v },
      };
    },
  };
}

/** Operands as in training: second moments are not negative. */
export function randomOperands(length: number, seed: number): AdamwOperands {
  return {
    g: uniform(length, seed + 1),
    w: uniform(length, seed + 2),
    m: uniform(length, seed + 3, -0.1, 0.1),
    v: uniform(length, seed + 4, 0, 0.1),
  };
}

/** Trials that differ in rate, λ and kind of decay. */
export const differentRates: AdamwSettings['slots'] = [
  { learningRate: 1e-3, weightDecay: 0.01, decay: 'decoupled' },
  { learningRate: 0.1, weightDecay: 0.5, decay: 'l2' },
  { learningRate: 1e-4, weightDecay: 0, decay: 'decoupled' },
];

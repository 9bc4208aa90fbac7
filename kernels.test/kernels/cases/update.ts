import { adam, type TrialRecord } from '../../../src/kernels/index.js';
import { adamwBound, sgdBound } from '../../bounds.js';
import { adamw } from '../../reference/adamw.js';
import type { Numbers } from '../../reference/numbers.js';
import { sgd } from '../../reference/sgd.js';
import type { ProductOutput } from '../product-call.js';

export type Optimizer = 'adamw' | 'sgd';

/** What an optimiser updates in place, by the names of the bindings. */
export const stateOf = { adamw: ['w', 'm', 'v'], sgd: ['w', 'm'] } as const;

/** The step of the tests of fused updates, counted from 0 as the step table does. */
export const number = 4;

/** Trials that differ in learning rate, in momentum and in the kind of decay. */
export function updateSlot(
  index: number,
): Pick<TrialRecord, 'index' | 'learningRate' | 'weightDecay' | 'decay' | 'momentum'> {
  return {
    index,
    learningRate: 1e-3 * 10 ** index,
    weightDecay: 0.1,
    decay: index === 1 ? 'decoupled' : 'l2',
    momentum: 0.9 - 0.2 * index,
  };
}

/** Parameters and moments after the update of one trial, by the names of the bindings. */
export type ExpectedState = Readonly<
  Record<string, { readonly values: Float64Array; readonly bound: Float64Array }>
>;

/**
 * The update of trial `index` by a gradient that the kernel may have computed with an error up to `radius`.
 */
export function expectedUpdate(
  optimizer: Optimizer,
  index: number,
  state: { readonly w: Numbers; readonly m: Numbers; readonly v: Numbers },
  gradient: Float64Array,
  radius: Float64Array,
): ExpectedState {
  const { w, m, v } = state;
  const slot = updateSlot(index);
  if (optimizer === 'sgd') {
    const values = sgd(w, gradient, m, slot);
    const bound = sgdBound(w, gradient, m, slot, radius);
    return { w: { values: values.p, bound: bound.p }, m: { values: values.m, bound: bound.m } };
  }
  const settings = { ...adam, ...slot, step: number + 1 };
  const values = adamw(w, gradient, m, v, settings);
  const bound = adamwBound(w, gradient, m, v, settings, radius);
  return {
    w: { values: values.p, bound: bound.p },
    m: { values: values.m, bound: bound.m },
    v: { values: values.v, bound: bound.v },
  };
}

/** What a fused update writes of a matrix that begins at `offset` of each part of the state. */
export function updateOutputs(
  part: Pick<ProductOutput, 'offset' | 'rows' | 'columns'>,
  expected: readonly ExpectedState[],
): ProductOutput[] {
  return Object.keys(expected[0]!).map((name) => ({
    ...part,
    name,
    zeroRows: true,
    expected: expected.map((state) => state[name]!),
  }));
}

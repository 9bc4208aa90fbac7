import { adam, type TrialRecord } from '../../../src/kernels/index.js';
import { adamwBound } from '../../bounds.js';
import { adamw, type AdamState, type AdamWSettings } from '../../reference/adamw.js';
import type { Numbers } from '../../reference/numbers.js';
import type { ProductOutput } from '../product-call.js';

/** The step of the tests of fused updates, counted from 0 as the step table does. */
export const number = 4;

/** Trials that differ in learning rate and in the kind of decay. */
export function adamwSlot(
  index: number,
): Pick<TrialRecord, 'index' | 'learningRate' | 'weightDecay' | 'decay'> {
  return {
    index,
    learningRate: 1e-3 * 10 ** index,
    weightDecay: 0.1,
    decay: index === 1 ? 'decoupled' : 'l2',
  };
}

/** Parameters and moments after the update of one trial, as values and bounds. */
export interface ExpectedState {
  readonly values: AdamState;
  readonly bound: AdamState;
}

/**
 * The update of trial `index` by a gradient that the kernel may have computed with an error up to `radius`.
 */
export function expectedUpdate(
  index: number,
  state: { readonly w: Numbers; readonly m: Numbers; readonly v: Numbers },
  gradient: Float64Array,
  radius: Float64Array,
): ExpectedState {
  const settings: AdamWSettings = { ...adam, ...adamwSlot(index), step: number + 1 };
  const { w, m, v } = state;
  return {
    values: adamw(w, gradient, m, v, settings),
    bound: adamwBound(w, gradient, m, v, settings, radius),
  };
}

/** What a fused update writes of a matrix that begins at `offset` of w, m and v. */
export function updateOutputs(
  part: Pick<ProductOutput, 'offset' | 'rows' | 'columns'>,
  expected: readonly ExpectedState[],
): ProductOutput[] {
  return (['p', 'm', 'v'] as const).map((kind) => ({
    ...part,
    name: kind === 'p' ? 'w' : kind,
    zeroRows: true,
    expected: expected.map(({ values, bound }) => ({ values: values[kind], bound: bound[kind] })),
  }));
}

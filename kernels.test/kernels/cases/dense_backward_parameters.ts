import { padded } from '../../../src/kernels/index.js';
import { denseBackwardBiasBound, denseBackwardWeightsBound } from '../../bounds.js';
import { poison, type TestTensor } from '../../gpu-harness.js';
import { denseBackwardBias } from '../../reference/dense_backward_bias.js';
import { denseBackwardWeights } from '../../reference/dense_backward_weights.js';
import type { ProductCall, ProductOutput, ProductShape } from '../product-call.js';
import { inArena, matrix, perTrial, vector } from '../support.js';
import { expectedUpdate, number, stateOf, updateOutputs, updateSlot, type Optimizer } from './update.js';
import { imageBatch } from './image-batch.js';

/** Bits of what lies between weights and bias where the layer is updated: 1 as an f32. */
export const gapBits = 0x3f80_0000;

/**
 * Which of the six kernels: where x comes from, and whether the layer is updated or its gradient written.
 */
export interface ParametersForm {
  readonly images: boolean;
  /** null: the gradient is written. */
  readonly update: Optimizer | null;
  /** Images in the batch, if it is a short one. */
  readonly present?: number;
}

export function parametersKernel({ images, update }: ParametersForm): string {
  return `dense_backward_parameters${images ? '_images' : ''}${update === null ? '' : `_${update}`}`;
}

/**
 * A call of dense_backward_parameters or one of its forms, with its reference and bound. A layer is one
 * vector in its arena: weights [rows, columns], then, from the next multiple of 64 elements, the bias
 * [columns].
 */
export function denseBackwardParametersCall(shape: ProductShape, form: ParametersForm): ProductCall {
  const { rows, inner, columns, trials, values } = shape;
  const weights = padded(rows) * padded(columns);
  const bias = Math.ceil(weights / 64) * 64;
  const batch = form.images ? imageBatch(inner, rows, trials, form.present) : null;
  const x = batch?.x ?? perTrial(trials, (seed) => values(inner * rows, seed + 1));
  // Of rows beyond a short batch, the loss makes gradients of 0.
  const dy = perTrial(trials, (seed) => values(inner * columns, seed + 2)).map((each) =>
    each.fill(0, (form.present ?? inner) * columns),
  );
  const gradients = x.map((each, trial) => {
    const radius = batch?.radius[trial];
    return {
      weights: denseBackwardWeights(each, dy[trial]!, inner, rows, columns),
      weightsBound: denseBackwardWeightsBound(each, dy[trial]!, inner, rows, columns, radius),
      bias: denseBackwardBias(dy[trial]!, inner, columns),
      biasBound: denseBackwardBiasBound(dy[trial]!, inner, columns),
    };
  });
  const layer = (seed: number, positive: boolean): Float32Array[] =>
    perTrial(trials, (trialSeed) => {
      const made = values((rows + 1) * columns, trialSeed + seed);
      return positive ? made.map((value) => value * value) : made;
    });
  const state = { w: layer(3, false), m: layer(4, false), v: layer(5, true) };
  const inArenaOf = (role: TestTensor['role'], all?: readonly Float32Array[]): TestTensor => {
    const data = all?.map((each) => layOut(each, rows, columns, bias));
    return inArena({ ...vector(role, bias + padded(columns), data), partial: true });
  };
  const updated = (names: readonly (keyof typeof state)[]): Record<string, TestTensor> =>
    Object.fromEntries(names.map((name) => [name, inArenaOf('updates', state[name])]));
  const { update } = form;
  const target = update === null ? { g: inArenaOf('writes') } : updated(stateOf[update]);

  let outputs: ProductOutput[];
  if (update !== null) {
    const updates = (
      first: number,
      end: number,
      kind: 'weights' | 'bias',
    ): ReturnType<typeof expectedUpdate>[] =>
      gradients.map((gradient, trial) => {
        const [w, m, v] = [state.w, state.m, state.v].map((all) => all[trial]!.subarray(first, end));
        const [g, radius] = [gradient[kind], gradient[`${kind}Bound`]];
        return expectedUpdate(update, trial, { w: w!, m: m!, v: v! }, g, radius);
      });
    const all = rows * columns;
    outputs = [
      ...updateOutputs({ offset: 0, rows, columns }, updates(0, all, 'weights')),
      ...updateOutputs({ offset: bias, rows: 1, columns }, updates(all, all + columns, 'bias')),
    ];
  } else {
    const output = (kind: 'weights' | 'bias'): Pick<ProductOutput, 'name' | 'expected' | 'zeroRows'> => ({
      name: 'g',
      zeroRows: true,
      expected: gradients.map((each) => ({ values: each[kind], bound: each[`${kind}Bound`] })),
    });
    outputs = [
      { ...output('weights'), rows, columns },
      { ...output('bias'), offset: bias, rows: 1, columns },
    ];
  }
  const tensorX = { x: matrix('reads', inner, rows, form.images ? [] : (x as Float32Array[])) };
  return {
    run: {
      kernel: parametersKernel(form),
      tensors: {
        ...(batch?.tensors ?? tensorX),
        dy: matrix('reads', inner, columns, dy),
        ...target,
      },
      attributes: { bias, batch: inner },
      trials,
      slots: x.map((_, trial) => updateSlot(trial)),
      step: { ...(batch?.step ?? { rows: inner }), number },
      ...(batch === null ? {} : { raw: batch.raw }),
    },
    outputs,
    spoilRow: (row) => {
      // Bytes are never NaN.
      if (!form.images) x[0]![row] = Number.NaN;
    },
    spoilColumn: (column) => {
      dy[0]![column] = Number.NaN;
    },
    gap: {
      name: update === null ? 'g' : 'w',
      start: weights,
      end: bias,
      bits: update === null ? poison : gapBits,
    },
  };
}

/**
 * Weights and bias, given one behind the other without padding, as they lie in the arena; 1 in the gap
 * between them.
 */
export function layOut(layer: Float32Array, rows: number, columns: number, bias: number): Float32Array {
  const stride = padded(columns);
  const out = new Float32Array(bias + stride);
  out.fill(1, padded(rows) * stride, bias);
  for (let row = 0; row < rows; row++)
    out.set(layer.subarray(row * columns, (row + 1) * columns), row * stride);
  out.set(layer.subarray(rows * columns), bias);
  return out;
}

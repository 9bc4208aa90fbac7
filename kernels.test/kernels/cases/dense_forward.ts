import { streams } from '../../../src/base/philox.js';
import { denseForwardBound, dropoutBound, reluForwardBound } from '../../bounds.js';
import { denseForward } from '../../reference/dense_forward.js';
import { type DropoutDraw, dropoutMask } from '../../reference/dropout_mask.js';
import { dropoutForward } from '../../reference/dropout_forward.js';
import { reluForward } from '../../reference/relu_forward.js';
import type { ProductCall, ProductShape } from '../product-call.js';
import { type Expected, inArena, matrix, perTrial, vector } from '../support.js';
import { imageBatch } from './image-batch.js';

const step = { number: 12, rows: 1 };
const layer = 3;
/** Seed and probability differ from trial to trial, as in a sweep. */
const slotOf = (trial: number): { index: number; seed: number; dropout: number } => ({
  index: trial,
  seed: 0x1_0000_0007 + trial,
  dropout: 0.3 + 0.2 * trial,
});

/** What follows the layer in the same kernel, and where its input comes from. */
export interface ForwardForm {
  readonly fused: 'none' | 'relu' | 'relu and dropout';
  readonly images?: boolean;
  /** Images in the batch, if it is a short one. */
  readonly present?: number;
}

/** A call of dense_forward or dense_forward_images with its reference and bound. */
export function denseForwardCall(shape: ProductShape, form: ForwardForm): ProductCall {
  const { rows, inner, columns, trials, values } = shape;
  const { fused, images = false } = form;
  const batch = images ? imageBatch(rows, inner, trials, form.present) : null;
  const given = perTrial(trials, (seed) => values(rows * inner, seed + 1));
  const x = batch?.x ?? given;
  const w = perTrial(trials, (seed) => values(inner * columns, seed + 2));
  const b = perTrial(trials, (seed) => values(columns, seed + 3));
  const expected = x.map((_, trial): Expected => {
    const z = denseForward(x[trial]!, w[trial]!, b[trial]!, rows, inner, columns);
    const radius = batch?.radius[trial];
    const bound = denseForwardBound(x[trial]!, w[trial]!, b[trial]!, rows, inner, columns, radius);
    if (fused === 'none') return { values: z, bound };
    const active = { values: reluForward(z), bound: reluForwardBound(z, bound) };
    if (fused === 'relu') return active;
    const { seed, dropout: probability } = slotOf(trial);
    const draw: DropoutDraw = {
      probability,
      seed: [seed >>> 0, Math.floor(seed / 2 ** 32)],
      step: step.number,
      layer,
      stream: streams.dropout,
    };
    const mask = dropoutMask(rows, columns, draw);
    return {
      values: dropoutForward(active.values, rows, columns, draw),
      bound: dropoutBound(active.values, mask, probability, active.bound),
    };
  });
  return {
    run: {
      kernel: images ? 'dense_forward_images' : 'dense_forward',
      tensors: {
        ...(batch?.tensors ?? { x: matrix('reads', rows, inner, given) }),
        w: inArena(matrix('reads', inner, columns, w)),
        b: inArena(vector('reads', columns, b)),
        y: matrix('writes', rows, columns),
      },
      attributes: {
        relu: fused === 'none' ? 0 : 1,
        dropout: fused === 'relu and dropout' ? 1 : 0,
        layer,
        batch: rows,
      },
      trials,
      slots: x.map((_, trial) => slotOf(trial)),
      step: { ...step, ...batch?.step },
      ...(batch === null ? {} : { raw: batch.raw }),
    },
    outputs: [{ name: 'y', rows, columns, expected, zeroRows: false }],
    spoilRow: (row) => {
      // Bytes are never NaN.
      if (!images) given[0]!.set([Number.NaN, Infinity].slice(0, inner), row * inner);
    },
    spoilColumn: (column) => {
      w[0]![column] = Number.NaN;
      b[0]![column] = -Infinity;
    },
  };
}

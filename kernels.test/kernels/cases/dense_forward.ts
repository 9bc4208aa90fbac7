import { streams } from '../../../src/base/philox.js';
import { denseForwardBound, dropoutBound, reluForwardBound } from '../../bounds.js';
import { denseForward } from '../../reference/dense_forward.js';
import { type DropoutDraw, dropoutMask } from '../../reference/dropout_mask.js';
import { dropoutForward } from '../../reference/dropout_forward.js';
import { reluForward } from '../../reference/relu_forward.js';
import type { ProductCall, ProductShape } from '../product-suite.js';
import { type Expected, inArena, matrix, perTrial, vector } from '../support.js';

const step = { number: 12, rows: 1 };
const layer = 3;
/** Seed and probability differ from trial to trial, as in a sweep. */
const slotOf = (trial: number): { index: number; seed: number; dropout: number } => ({
  index: trial,
  seed: 0x1_0000_0007 + trial,
  dropout: 0.3 + 0.2 * trial,
});

/** A call of dense_forward with its reference and bound. */
export function denseForwardCall(
  shape: ProductShape,
  fused: 'none' | 'relu' | 'relu and dropout',
): ProductCall {
  const { rows, inner, columns, trials, values } = shape;
  const x = perTrial(trials, (seed) => values(rows * inner, seed + 1));
  const w = perTrial(trials, (seed) => values(inner * columns, seed + 2));
  const b = perTrial(trials, (seed) => values(columns, seed + 3));
  const expected = x.map((_, trial): Expected => {
    const z = denseForward(x[trial]!, w[trial]!, b[trial]!, rows, inner, columns);
    const bound = denseForwardBound(x[trial]!, w[trial]!, b[trial]!, rows, inner, columns);
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
      kernel: 'dense_forward',
      tensors: {
        x: matrix('reads', rows, inner, x),
        w: inArena(matrix('reads', inner, columns, w)),
        b: inArena(vector('reads', columns, b)),
        y: matrix('writes', rows, columns),
      },
      attributes: { relu: fused === 'none' ? 0 : 1, dropout: fused === 'relu and dropout' ? 1 : 0, layer },
      trials,
      slots: x.map((_, trial) => slotOf(trial)),
      step,
    },
    outputs: [{ name: 'y', rows, columns, expected }],
    spoilRow: (row) => {
      x[0]!.set([Number.NaN, Infinity].slice(0, inner), row * inner);
    },
    spoilColumn: (column) => {
      w[0]![column] = Number.NaN;
      b[0]![column] = -Infinity;
    },
  };
}

import { denseBackwardBiasBound } from '../../bounds.js';
import { denseBackwardBias } from '../../reference/dense_backward_bias.js';
import type { ProductCall, ProductShape } from '../product-call.js';
import { inArena, matrix, perTrial, vector } from '../support.js';

/**
 * A call of dense_backward_bias with its reference and bound. The column sums of dy are its product with a
 * row of ones: `inner` is the batch, and the result has one row.
 */
export function denseBackwardBiasCall({ inner, columns, trials, values }: ProductShape): ProductCall {
  const dy = perTrial(trials, (seed) => values(inner * columns, seed + 1));
  return {
    run: {
      kernel: 'dense_backward_bias',
      tensors: { dy: matrix('reads', inner, columns, dy), db: inArena(vector('writes', columns)) },
      trials,
      slots: dy.map((_, index) => ({ index })),
    },
    outputs: [
      {
        name: 'db',
        rows: 1,
        columns,
        zeroRows: true,
        expected: dy.map((each) => ({
          values: denseBackwardBias(each, inner, columns),
          bound: denseBackwardBiasBound(each, inner, columns),
        })),
      },
    ],
    spoilRow: () => undefined,
    spoilColumn: (column) => {
      dy[0]![column] = Number.NaN;
      dy[0]![(inner - 1) * columns + column] = Infinity;
    },
  };
}

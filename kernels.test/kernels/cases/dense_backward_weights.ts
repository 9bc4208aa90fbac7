import { denseBackwardWeightsBound } from '../../bounds.js';
import { denseBackwardWeights } from '../../reference/dense_backward_weights.js';
import type { ProductCall, ProductShape } from '../product-call.js';
import { inArena, matrix, perTrial } from '../support.js';

/** A call of dense_backward_weights with its reference and bound. */
export function denseBackwardWeightsCall({
  rows,
  inner,
  columns,
  trials,
  values,
}: ProductShape): ProductCall {
  const x = perTrial(trials, (seed) => values(inner * rows, seed + 1));
  const dy = perTrial(trials, (seed) => values(inner * columns, seed + 2));
  return {
    run: {
      kernel: 'dense_backward_weights',
      tensors: {
        x: matrix('reads', inner, rows, x),
        dy: matrix('reads', inner, columns, dy),
        dw: inArena(matrix('writes', rows, columns)),
      },
      trials,
      slots: x.map((_, index) => ({ index })),
    },
    outputs: [
      {
        name: 'dw',
        rows,
        columns,
        zeroRows: true,
        expected: x.map((_, trial) => ({
          values: denseBackwardWeights(x[trial]!, dy[trial]!, inner, rows, columns),
          bound: denseBackwardWeightsBound(x[trial]!, dy[trial]!, inner, rows, columns),
        })),
      },
    ],
    spoilRow: (row) => {
      x[0]![row] = Number.NaN;
      x[0]![(inner - 1) * rows + row] = Infinity;
    },
    spoilColumn: (column) => {
      dy[0]![column] = Number.NaN;
      dy[0]![(inner - 1) * columns + column] = Infinity;
    },
  };
}

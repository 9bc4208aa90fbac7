import { denseBackwardInputBound } from '../../bounds.js';
import { denseBackwardInput } from '../../reference/dense_backward_input.js';
import type { ProductCall, ProductShape } from '../product-call.js';
import { inArena, matrix, perTrial } from '../support.js';

/** A call of dense_backward_input with its reference and bound. */
export function denseBackwardInputCall({ rows, inner, columns, trials, values }: ProductShape): ProductCall {
  const dy = perTrial(trials, (seed) => values(rows * inner, seed + 1));
  const w = perTrial(trials, (seed) => values(columns * inner, seed + 2));
  return {
    run: {
      kernel: 'dense_backward_input',
      tensors: {
        dy: matrix('reads', rows, inner, dy),
        w: inArena(matrix('reads', columns, inner, w)),
        dx: matrix('writes', rows, columns),
      },
      trials,
      slots: dy.map((_, index) => ({ index })),
    },
    outputs: [
      {
        name: 'dx',
        rows,
        columns,
        zeroRows: true,
        expected: dy.map((_, trial) => ({
          values: denseBackwardInput(dy[trial]!, w[trial]!, rows, columns, inner),
          bound: denseBackwardInputBound(dy[trial]!, w[trial]!, rows, columns, inner),
        })),
      },
    ],
    spoilRow: (row) => {
      dy[0]!.set([Number.NaN, Infinity].slice(0, inner), row * inner);
    },
    spoilColumn: (column) => {
      w[0]!.set([Number.NaN, Infinity].slice(0, inner), column * inner);
    },
  };
}

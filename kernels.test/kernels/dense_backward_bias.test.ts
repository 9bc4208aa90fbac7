import { denseBackwardBiasBound } from '../bounds.js';
import { denseBackwardBias } from '../reference/dense_backward_bias.js';
import { describeProduct } from './product-suite.js';
import { matrix, perTrial, vector } from './support.js';

// The column sums of dy are its product with a row of ones: `inner` is the batch, and the result has one row.
describeProduct(
  'dense_backward_bias',
  ({ inner, columns, trials, values }) => {
    const dy = perTrial(trials, (seed) => values(inner * columns, seed + 1));
    return {
      run: {
        kernel: 'dense_backward_bias',
        tensors: { dy: matrix('reads', inner, columns, dy), db: vector('writes', columns) },
        trials,
        slots: dy.map((_, index) => ({ index })),
      },
      outputs: [
        {
          name: 'db',
          rows: 1,
          columns,
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
  },
  { exact: true, axes: ['inner', 'columns'], variants: [null] },
);

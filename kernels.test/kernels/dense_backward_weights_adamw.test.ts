import { denseBackwardWeightsBound } from '../bounds.js';
import { denseBackwardWeights } from '../reference/dense_backward_weights.js';
import { adamwSlot, expectedUpdate, number, updateOutputs } from './adamw-slots.js';
import { describeProduct } from './product-suite.js';
import { matrix, perTrial } from './support.js';

describeProduct(
  'dense_backward_weights_adamw',
  ({ rows, inner, columns, trials, values }) => {
    const x = perTrial(trials, (seed) => values(inner * rows, seed + 1));
    const dy = perTrial(trials, (seed) => values(inner * columns, seed + 2));
    const w = perTrial(trials, (seed) => values(rows * columns, seed + 3));
    const m = perTrial(trials, (seed) => values(rows * columns, seed + 4));
    const v = perTrial(trials, (seed) => values(rows * columns, seed + 5).map((value) => value * value));
    const expected = x.map((_, trial) =>
      expectedUpdate(
        trial,
        { w: w[trial]!, m: m[trial]!, v: v[trial]! },
        denseBackwardWeights(x[trial]!, dy[trial]!, inner, rows, columns),
        denseBackwardWeightsBound(x[trial]!, dy[trial]!, inner, rows, columns),
      ),
    );
    return {
      run: {
        kernel: 'dense_backward_weights_adamw',
        tensors: {
          x: matrix('reads', inner, rows, x),
          dy: matrix('reads', inner, columns, dy),
          w: matrix('updates', rows, columns, w),
          m: matrix('updates', rows, columns, m),
          v: matrix('updates', rows, columns, v),
        },
        trials,
        slots: x.map((_, trial) => adamwSlot(trial)),
        step: { number, rows: 1 },
      },
      outputs: updateOutputs(rows, columns, expected),
      spoilRow: (row) => {
        x[0]![row] = Number.NaN;
      },
      spoilColumn: (column) => {
        dy[0]![column] = Number.NaN;
      },
    };
  },
  { exact: false },
);

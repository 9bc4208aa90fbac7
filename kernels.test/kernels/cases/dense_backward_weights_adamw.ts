import { denseBackwardWeightsBound } from '../../bounds.js';
import { denseBackwardWeights } from '../../reference/dense_backward_weights.js';
import { adamwSlot, expectedUpdate, number, updateOutputs } from './adamw-update.js';
import type { ProductCall, ProductShape } from '../product-suite.js';
import { inArena, matrix, perTrial } from '../support.js';

/** A call of dense_backward_weights_adamw with its reference and bound. */
export function denseBackwardWeightsAdamwCall({
  rows,
  inner,
  columns,
  trials,
  values,
}: ProductShape): ProductCall {
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
        w: inArena(matrix('updates', rows, columns, w)),
        m: inArena(matrix('updates', rows, columns, m)),
        v: inArena(matrix('updates', rows, columns, v)),
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
}

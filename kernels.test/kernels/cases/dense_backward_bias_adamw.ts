import { denseBackwardBiasBound } from '../../bounds.js';
import { denseBackwardBias } from '../../reference/dense_backward_bias.js';
import { adamwSlot, expectedUpdate, number, updateOutputs } from './adamw-update.js';
import type { ProductCall, ProductShape } from '../product-suite.js';
import { inArena, matrix, perTrial, vector } from '../support.js';

/** A call of dense_backward_bias_adamw with its reference and bound; shapes as in dense_backward_bias. */
export function denseBackwardBiasAdamwCall({ inner, columns, trials, values }: ProductShape): ProductCall {
  const dy = perTrial(trials, (seed) => values(inner * columns, seed + 1));
  const w = perTrial(trials, (seed) => values(columns, seed + 2));
  const m = perTrial(trials, (seed) => values(columns, seed + 3));
  const v = perTrial(trials, (seed) => values(columns, seed + 4).map((value) => value * value));
  const expected = dy.map((each, trial) =>
    expectedUpdate(
      trial,
      { w: w[trial]!, m: m[trial]!, v: v[trial]! },
      denseBackwardBias(each, inner, columns),
      denseBackwardBiasBound(each, inner, columns),
    ),
  );
  return {
    run: {
      kernel: 'dense_backward_bias_adamw',
      tensors: {
        dy: matrix('reads', inner, columns, dy),
        w: inArena(vector('updates', columns, w)),
        m: inArena(vector('updates', columns, m)),
        v: inArena(vector('updates', columns, v)),
      },
      trials,
      slots: dy.map((_, trial) => adamwSlot(trial)),
      step: { number, rows: 1 },
    },
    outputs: updateOutputs(1, columns, expected),
    spoilRow: () => undefined,
    spoilColumn: (column) => {
      dy[0]![column] = Number.NaN;
    },
  };
}

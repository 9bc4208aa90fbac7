import { denseBackwardInputBound, dropoutBound } from '../../bounds.js';
import { denseBackwardInput } from '../../reference/dense_backward_input.js';
import type { ProductCall, ProductShape } from '../product-call.js';
import { type Expected, inArena, matrix, perTrial } from '../support.js';

const layer = 3;
const probabilityOf = (trial: number): number => 0.3 + 0.2 * trial;

/** A call of dense_backward_input_activation with its reference and bound. */
export function denseBackwardInputActivationCall(shape: ProductShape, withDropout: boolean): ProductCall {
  const { rows, inner, columns, trials, values } = shape;
  const dy = perTrial(trials, (seed) => values(rows * inner, seed + 1));
  const w = perTrial(trials, (seed) => values(columns * inner, seed + 2));
  // As the forward pass stores it: 0 or positive; 0 has either sign.
  const a = perTrial(trials, (seed) => values(rows * columns, seed + 3)).map((each) =>
    each.map((value, i) => (Math.fround(value) > 2 ** -126 ? value : i % 2 === 0 ? 0 : -0)),
  );
  const expected = dy.map((_, trial): Expected => {
    const probability = withDropout ? probabilityOf(trial) : 0;
    const mask = a[trial]!.map((value) => (value > 0 ? 1 : 0));
    const dx = denseBackwardInput(dy[trial]!, w[trial]!, rows, columns, inner);
    const bound = denseBackwardInputBound(dy[trial]!, w[trial]!, rows, columns, inner);
    return {
      values: dx.map((value, i) => (mask[i] === 1 ? value / (1 - probability) : 0)),
      bound: dropoutBound(dx, mask, probability, bound),
    };
  });
  return {
    run: {
      kernel: 'dense_backward_input_activation',
      tensors: {
        dy: matrix('reads', rows, inner, dy),
        w: inArena(matrix('reads', columns, inner, w)),
        a: matrix('reads', rows, columns, a),
        dz: matrix('writes', rows, columns),
      },
      attributes: { dropout: withDropout ? 1 : 0, layer },
      trials,
      slots: dy.map((_, index) => ({ index, dropout: [0.1, 0.9, 0.2, probabilityOf(index)] })),
    },
    outputs: [{ name: 'dz', rows, columns, expected, zeroRows: true }],
    spoilRow: (row) => {
      dy[0]!.set([Number.NaN, Infinity].slice(0, inner), row * inner);
    },
    spoilColumn: (column) => {
      w[0]!.set([Number.NaN, Infinity].slice(0, inner), column * inner);
    },
  };
}

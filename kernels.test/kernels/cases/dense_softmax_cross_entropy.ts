import { integers } from '../../arrays.js';
import { crossEntropyBound, denseForwardBound, gamma, sumBound } from '../../bounds.js';
import { denseForward } from '../../reference/dense_forward.js';
import { reduceMetrics } from '../../reference/reduce_metrics.js';
import { softmaxCrossEntropy } from '../../reference/softmax_cross_entropy.js';
import type { ProductCall, ProductShape } from '../product-call.js';
import { type Expected, inArena, matrix, perTrial, vector } from '../support.js';

/** Rows of a metric record. */
export const tileRows = 8;
/** Stands for the prediction of a row that a short batch lacks. */
export const noClass = 0xffff_ffff;
const slots = 4;
const slot = 2;
const offset = 2;

/** What one trial must yield beside the gradient. */
export interface ExpectedLoss {
  /** Per tile of the batch: the sum of its losses. */
  readonly losses: Expected;
  /** Per tile: how many rows are predicted right. */
  readonly correct: readonly number[];
  readonly predicted: Uint32Array;
  /**
   * How far every row's largest logit surely lies above its others; below 0, rounding may decide the
   * prediction.
   */
  readonly margin: number;
}

export interface LossCall extends ProductCall {
  readonly expectedLoss: readonly ExpectedLoss[];
  /** Where the records of the batch begin in `metrics`, in pairs; the other records are not to be touched. */
  readonly firstRecord: number;
}

/**
 * A call of dense_softmax_cross_entropy with its reference and bound; `columns` are the classes.
 * @param present rows in the batch; the last ones of a short batch are missing
 * @param smoothing per trial; empty for the kernel without
 */
export function denseSoftmaxCrossEntropyCall(
  shape: ProductShape,
  present = shape.rows,
  smoothing: readonly number[] = [],
): LossCall {
  const { rows, inner, columns, trials, values } = shape;
  const tiles = Math.ceil(rows / tileRows);
  const samples = rows + 9;
  const x = perTrial(trials, (seed) => values(rows * inner, seed + 1));
  const w = perTrial(trials, (seed) => values(inner * columns, seed + 2));
  const b = perTrial(trials, (seed) => values(columns, seed + 3));
  const labels = integers(samples, 4, columns);
  const orders = Array.from({ length: trials }, (_, trial) => integers(rows + offset, 5 + trial, samples));
  const gradients: Expected[] = [];
  const expectedLoss = orders.map((order, trial): ExpectedLoss => {
    const batch = x[trial]!.subarray(0, present * inner);
    const batchLabels = Uint32Array.from(
      order.subarray(offset, offset + present),
      (sample) => labels[sample]!,
    );
    const share = smoothing[trial] ?? 0;
    const z = denseForward(batch, w[trial]!, b[trial]!, present, inner, columns);
    const radius = denseForwardBound(batch, w[trial]!, b[trial]!, present, inner, columns);
    const { losses, gradient, predicted } = softmaxCrossEntropy(z, batchLabels, present, columns, share);
    const bound = crossEntropyBound({
      logits: z,
      labels: batchLabels,
      rows: present,
      classes: columns,
      radius,
      smoothing: share,
    });
    gradients.push({
      values: extended(gradient, rows * columns),
      bound: extended(bound.gradient, rows * columns),
    });
    const sums = { values: new Float64Array(tiles), bound: new Float64Array(tiles) };
    const correct = Array.from({ length: tiles }, (_, tile) => {
      const [first, end] = [tile * tileRows, (tile + 1) * tileRows];
      const own = losses.subarray(first, end);
      const metrics = reduceMetrics(own, predicted.subarray(first, end), batchLabels.subarray(first, end));
      const radii = bound.losses.subarray(first, end).reduce((sum, value) => sum + value, 0);
      sums.values[tile] = metrics.loss;
      sums.bound[tile] = radii + sumBound(own) + gamma(tileRows) * radii;
      return metrics.correct;
    });
    const everyRow = new Uint32Array(rows).fill(noClass);
    everyRow.set(predicted);
    return { losses: sums, correct, predicted: everyRow, margin: leastMargin(z, radius, predicted) };
  });
  return {
    run: {
      kernel: 'dense_softmax_cross_entropy',
      tensors: {
        x: matrix('reads', rows, inner, x),
        w: inArena(matrix('reads', inner, columns, w)),
        b: inArena(vector('reads', columns, b)),
        labels: { ...vector('reads', samples, [labels]), shared: true },
        indices: vector('reads', rows + offset, orders),
        dz: matrix('writes', rows, columns),
        predicted: vector('writes', rows),
        metrics: { ...vector('writes', 2 * slots * tiles), partial: true },
      },
      attributes: { tiles, ...(smoothing.length > 0 && { smoothing: 1 }) },
      trials,
      slots: orders.map((_, index) => ({ index, labelSmoothing: smoothing[index] ?? 0 })),
      step: { rows: present, slot, offset },
    },
    outputs: [{ name: 'dz', rows, columns, expected: gradients, zeroRows: true }],
    spoilRow: (row) => {
      x[0]!.set([Number.NaN, Infinity].slice(0, inner), row * inner);
    },
    // The softmax of a row is made of all its logits.
    spoilColumn: null,
    expectedLoss,
    firstRecord: slot * tiles,
  };
}

function leastMargin(z: Float64Array, radius: Float64Array, predicted: Uint32Array): number {
  const classes = z.length / predicted.length;
  let least = Infinity;
  predicted.forEach((best, row) => {
    for (let j = row * classes; j < (row + 1) * classes; j++) {
      const top = row * classes + best;
      if (j !== top) least = Math.min(least, z[top]! - radius[top]! - (z[j]! + radius[j]!));
    }
  });
  return least;
}

/** With zeros behind it. */
function extended(values: Float64Array, length: number): Float64Array {
  const out = new Float64Array(length);
  out.set(values);
  return out;
}

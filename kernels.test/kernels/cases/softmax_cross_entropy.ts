import { crossEntropyBound } from '../../bounds.js';
import { softmaxCrossEntropy } from '../../reference/softmax_cross_entropy.js';
import type { KernelCase } from '../kernel-case.js';
import { matrix, vector } from '../support.js';

/** What stands for the prediction of a row that is no sample. */
export const noClass = 0xffff_ffff;

/** One trial's logits [batch, classes] and labels [batch]. */
export interface LogitsAndLabels {
  readonly logits: Float32Array;
  readonly labels: Uint32Array;
}

/**
 * @param smoothing per trial; empty for the kernel without
 * @param rows samples in the batch; the rows from there on have no loss, no gradient and no prediction
 */
export function softmaxCase(
  trials: readonly LogitsAndLabels[],
  batch: number,
  classes: number,
  rows = batch,
  smoothing: readonly number[] = [],
): KernelCase {
  return {
    run: {
      kernel: 'softmax_cross_entropy',
      tensors: {
        z: matrix(
          'reads',
          batch,
          classes,
          trials.map(({ logits }) => logits),
        ),
        labels: vector(
          'reads',
          batch,
          trials.map(({ labels }) => labels),
        ),
        dz: matrix('writes', batch, classes),
        loss: vector('writes', batch),
        predicted: vector('writes', batch),
      },
      trials: trials.length,
      step: { rows },
      ...(smoothing.length > 0 && {
        attributes: { smoothing: 1 },
        slots: smoothing.map((labelSmoothing, index) => ({ index, labelSmoothing })),
      }),
    },
    expected: (trial) => {
      const { logits, labels } = trials[trial]!;
      const z = logits.subarray(0, rows * classes);
      const share = smoothing[trial] ?? 0;
      const { losses, gradient, predicted } = softmaxCrossEntropy(
        z,
        labels.subarray(0, rows),
        rows,
        classes,
        share,
      );
      const bound = crossEntropyBound({ logits: z, labels, rows, classes, smoothing: share });
      const classOf = new Uint32Array(batch).fill(noClass);
      classOf.set(predicted);
      return {
        dz: { values: extend(gradient, batch * classes), bound: extend(bound.gradient, batch * classes) },
        loss: { values: extend(losses, batch), bound: extend(bound.losses, batch) },
        predicted: { bits: classOf, padding: noClass },
      };
    },
  };
}

/** Zeros behind the values. */
function extend(values: Float64Array, length: number): Float64Array {
  const extended = new Float64Array(length);
  extended.set(values);
  return extended;
}

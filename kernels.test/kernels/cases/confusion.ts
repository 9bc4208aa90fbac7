import { confusion } from '../../reference/confusion.js';
import type { KernelCase } from '../kernel-case.js';
import { vector } from '../support.js';

/** The samples' labels, and per trial the list of samples, the batch's predictions and the counts so far. */
export interface ConfusionOperands {
  readonly classes: number;
  readonly labels: Uint32Array;
  readonly indices: readonly Uint32Array[];
  readonly predicted: readonly Uint32Array[];
  readonly counts: readonly Uint32Array[];
}

/** @param rows samples in the batch; what is predicted beyond them does not count */
export function confusionCase(operands: ConfusionOperands, rows: number, offset = 0): KernelCase {
  const { classes, labels, indices, predicted, counts } = operands;
  return {
    run: {
      kernel: 'confusion',
      tensors: {
        labels: { ...vector('reads', labels.length, [labels]), shared: true },
        indices: vector('reads', indices[0]!.length, indices),
        predicted: vector('reads', predicted[0]!.length, predicted),
        matrix: vector('updates', classes * classes, counts),
      },
      attributes: { classes },
      trials: indices.length,
      step: { rows, offset },
    },
    expected: (trial) => {
      const actual = indices[trial]!.subarray(offset, offset + rows).map((sample) => labels[sample]!);
      const added = confusion(predicted[trial]!.subarray(0, rows), actual, classes);
      return { matrix: { bits: counts[trial]!.map((count, cell) => count + added[cell]!) } };
    },
  };
}

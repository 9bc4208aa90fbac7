import { normParts, padded, type TrialRecord } from '../../../src/kernels/index.js';
import { factorBound, partRoundings, squareSumBound } from '../../bounds.js';
import { clipFactor } from '../../reference/clip_gradients.js';
import type { KernelCase } from '../kernel-case.js';
import { vector } from '../support.js';

/** The parts of a trial's gradient, as gradient_norm adds them up; the last ones may be empty. */
function partsOf(g: Float32Array): Float32Array[] {
  const parts = normParts(vector('reads', g.length));
  const length = 4 * Math.ceil(padded(g.length) / 4 / parts);
  return Array.from({ length: parts }, (_, part) => g.subarray(part * length, (part + 1) * length));
}

function squareSum(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** The squared norms of one gradient per trial. */
export function gradientNormCase(gradients: readonly Float32Array[]): KernelCase {
  const [{ length }] = gradients as [Float32Array];
  return {
    run: {
      kernel: 'gradient_norm',
      tensors: {
        g: vector('reads', length, gradients),
        squares: vector('writes', normParts(vector('reads', length))),
      },
      trials: gradients.length,
    },
    expected: (trial) => {
      const parts = partsOf(gradients[trial]!);
      const values = parts.map(squareSum);
      const bound = parts.map((part) => squareSumBound(part, partRoundings(parts[0]!.length)));
      return { squares: { values, bound } };
    },
  };
}

export type ClipSlot = Pick<TrialRecord, 'clipNorm'>;

/**
 * The clipping of one gradient per trial.
 * @param squares per trial, by parts; by default those of the gradient itself
 */
export function clipGradientsCase(
  gradients: readonly Float32Array[],
  slots: readonly ClipSlot[],
  squares: readonly Float32Array[] = gradients.map((g) => Float32Array.from(partsOf(g), squareSum)),
): KernelCase {
  const [{ length }] = gradients as [Float32Array];
  return {
    run: {
      kernel: 'clip_gradients',
      tensors: {
        g: vector('reads', length, gradients),
        squares: vector('reads', squares[0]!.length, squares),
        clipped: vector('writes', length),
      },
      trials: gradients.length,
      slots,
    },
    expected: (trial, { clipNorm }) => {
      const [g, parts] = [gradients[trial]!, squares[trial]!];
      const square = parts.reduce((sum, part) => sum + part, 0);
      // Additions in a lane, of which there are 8 at the least and 64 at the most.
      const spread = squareSumBound(parts.map(Math.sqrt), Math.ceil(parts.length / 8) + 64);
      const factor = clipFactor(Math.sqrt(square), clipNorm);
      const values = Float64Array.from(g, (value) => factor * value);
      return { clipped: { values, bound: factorBound(g, square, spread, clipNorm) } };
    },
  };
}

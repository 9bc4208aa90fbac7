import { reluBackwardBound, reluForwardBound } from '../../bounds.js';
import { reluBackward } from '../../reference/relu_backward.js';
import { reluForward } from '../../reference/relu_forward.js';
import type { ElementwiseShape } from '../elementwise-suite.js';
import type { KernelCase } from '../kernel-case.js';

/** relu_forward on one x per trial. */
export function reluForwardCase(shape: ElementwiseShape, x: readonly Float32Array[]): KernelCase {
  return {
    run: {
      kernel: 'relu_forward',
      tensors: { x: { ...shape, role: 'reads', data: x }, y: { ...shape, role: 'writes' } },
      trials: x.length,
    },
    expected: (trial) => ({ y: { values: reluForward(x[trial]!), bound: reluForwardBound(x[trial]!) } }),
  };
}

/** relu_backward on one y and dy per trial. */
export function reluBackwardCase(
  shape: ElementwiseShape,
  y: readonly Float32Array[],
  dy: readonly Float32Array[],
): KernelCase {
  return {
    run: {
      kernel: 'relu_backward',
      tensors: {
        y: { ...shape, role: 'reads', data: y },
        dy: { ...shape, role: 'reads', data: dy },
        dx: { ...shape, role: 'writes' },
      },
      trials: y.length,
    },
    expected: (trial) => ({
      dx: { values: reluBackward(dy[trial]!, y[trial]!), bound: reluBackwardBound(dy[trial]!, y[trial]!) },
    }),
  };
}

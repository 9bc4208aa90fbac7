import { reluBackwardBound, reluForwardBound } from '../../bounds.js';
import { reluBackward } from '../../reference/relu_backward.js';
import { reluForward } from '../../reference/relu_forward.js';
import type { ElementwiseShape } from '../elementwise-suite.js';
import type { KernelCase } from '../kernel-case.js';
import { pointwiseCase } from './pointwise.js';

/** relu_forward on one x per trial. */
export function reluForwardCase(shape: ElementwiseShape, x: readonly Float32Array[]): KernelCase {
  return pointwiseCase('relu_forward', shape, { x }, 'y', (values) => ({
    values: reluForward(values),
    bound: reluForwardBound(values),
  }));
}

/** relu_backward on one y and dy per trial. */
export function reluBackwardCase(
  shape: ElementwiseShape,
  y: readonly Float32Array[],
  dy: readonly Float32Array[],
): KernelCase {
  return pointwiseCase('relu_backward', shape, { dy, y }, 'dx', (gradient, output) => ({
    values: reluBackward(gradient, output),
    bound: reluBackwardBound(gradient, output),
  }));
}

/** Gradient clipping by the global norm: the norm in parts, then the gradient scaled by it. */
import { elements, padded, type KernelRecord, type Matrix } from './kernel.js';
import { span } from './rules.js';

/** vec4 of a part of the norm, as long as there are not too many parts. */
const partLength4 = 512;

/** Every workgroup of `clip_gradients` reads all parts: more would cost it more than they save. */
const mostParts = 256;

/** In how many parts `gradient_norm` adds up the squares of a gradient. A multiple of 4. */
export function normParts(gradient: Matrix): number {
  return padded(Math.min(Math.ceil(elements(gradient) / 4 / partLength4), mostParts));
}

const gradientNorm: KernelRecord = {
  configure(call, traits) {
    const g = call.operand('g');
    const columns = normParts(g);
    const squares = call.operand('squares', { rows: 1, columns });
    const length4 = elements(g) / 4;
    return {
      constants: { WORKGROUP: span(traits).WORKGROUP },
      params: {
        length4,
        stride: g.trialStride / 4,
        part4: Math.ceil(length4 / columns),
        squares_stride: squares.trialStride,
      },
      grid: [columns, 1],
      flops: 2 * g.rows * g.columns,
      bytes: 4 * (elements(g) + columns),
    };
  },
};

const clipGradients: KernelRecord = {
  configure(call, traits) {
    const g = call.operand('g');
    call.operand('clipped', g);
    const columns = normParts(g);
    const squares = call.operand('squares', { rows: 1, columns });
    const length4 = elements(g) / 4;
    const constants = span(traits);
    return {
      constants,
      params: {
        length4,
        stride: g.trialStride / 4,
        parts: columns,
        squares_stride: squares.trialStride,
      },
      grid: [Math.ceil(length4 / (constants.WORKGROUP * constants.ITEMS)), 1],
      flops: g.rows * g.columns + columns,
      bytes: 4 * (2 * elements(g) + columns),
    };
  },
};

export const clipKernels = { gradient_norm: gradientNorm, clip_gradients: clipGradients };

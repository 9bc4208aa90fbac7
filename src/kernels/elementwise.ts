/** Kernels on shaders/lib/elementwise.wgsl: each makes the same of every element. */
import { elements, type KernelRecord } from './kernel.js';
import { span } from './rules.js';

/** Operations per parameter of one AdamW update, counting a square root and a division as one each. */
export const adamwFlops = 16;

/** Operations per parameter of one SGD update. */
export const sgdFlops = 7;

/** What one element costs; by default one operation, and 4 bytes per operand. */
interface Cost {
  readonly flops?: number;
  readonly bytes?: number;
}

/**
 * A kernel that walks its operands, which all have one shape.
 * @param names of the operands that are walked
 * @param attributes that it takes as parameters
 */
function elementwise(
  names: readonly string[],
  attributes: readonly string[] = [],
  { flops = 1, bytes = 4 * names.length }: Cost = {},
): KernelRecord {
  return {
    configure(call, traits) {
      const shape = call.operand(names[0]!);
      for (const name of names) call.operand(name, shape);
      const length4 = elements(shape) / 4;
      const constants = span(traits);
      const given = attributes.map((name) => [name, call.attribute(name)] as const);
      return {
        constants,
        params: { length4, stride: shape.trialStride / 4, ...Object.fromEntries(given) },
        grid: [Math.ceil(length4 / (constants.WORKGROUP * constants.ITEMS)), 1],
        flops: flops * shape.rows * shape.columns,
        bytes: bytes * elements(shape),
      };
    },
  };
}

export const elementwiseKernels = {
  relu_forward: elementwise(['x', 'y']),
  relu_backward: elementwise(['y', 'dy', 'dx']),
  dropout_forward: elementwise(['x', 'y'], ['layer']),
  dropout_backward: elementwise(['dy', 'dx'], ['layer']),
  // g is read; w, m and v are read and written.
  adamw: elementwise(['w', 'm', 'v', 'g'], [], { flops: adamwFlops, bytes: 4 * 7 }),
  // g is read; w and m are read and written.
  sgd: elementwise(['w', 'm', 'g'], [], { flops: sgdFlops, bytes: 4 * 5 }),
  nonfinite: elementwise(['x']),
  ceiling_copy: elementwise(['x', 'y'], [], { flops: 0 }),
  ceiling_fma: ceilingFma(),
};

function ceilingFma(): KernelRecord {
  // Per element: independent chains, and multiply-adds per chain and round, as the shader writes them out.
  const { configure } = elementwise(['x', 'y'], ['rounds'], { flops: 2 * 8 * 4 });
  return {
    configure(call, traits) {
      const { params, flops, ...rest } = configure(call, traits);
      // A pair that undoes itself every second time, so that values stay as they are.
      return { ...rest, params: { ...params, scale: -1, offset: 1 }, flops: flops * params.rounds! };
    },
  };
}

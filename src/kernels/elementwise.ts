import type { AdapterTraits } from '../gpu/index.js';
import { adamwFlops } from './dense-backward.js';
import { attribute, operand, requireShape } from './guard.js';
import { elements, type Configuration, type Kernel, type KernelCall } from './kernel.js';
import { span } from './rules.js';

/** Constants, length and grid of a kernel that walks `binding` with lib/span.wgsl; every other operand has its shape. */
export function walk(name: string, binding: string, call: KernelCall, traits: AdapterTraits): Configuration {
  const shape = operand(name, call, binding);
  const all = Object.entries(call.operands);
  for (const [other, matrix] of all) requireShape(name, other, matrix, shape);
  const length4 = elements(shape) / 4;
  const constants = span(traits);
  return {
    variant: null,
    constants,
    params: { length4 },
    grid: [Math.ceil(length4 / (constants.WORKGROUP * constants.ITEMS)), 1],
    flops: shape.rows * shape.columns,
    bytes: 4 * elements(shape) * all.length,
  };
}

export const reluForward: Kernel = {
  name: 'relu_forward',
  configure: (call, traits) => walk('relu_forward', 'y', call, traits),
};

export const reluBackward: Kernel = {
  name: 'relu_backward',
  configure: (call, traits) => walk('relu_backward', 'dx', call, traits),
};

function dropout(name: string, binding: string, call: KernelCall, traits: AdapterTraits): Configuration {
  const configuration = walk(name, binding, call, traits);
  return { ...configuration, params: { ...configuration.params, layer: attribute(name, call, 'layer') } };
}

export const dropoutForward: Kernel = {
  name: 'dropout_forward',
  configure: (call, traits) => dropout('dropout_forward', 'y', call, traits),
};

export const dropoutBackward: Kernel = {
  name: 'dropout_backward',
  configure: (call, traits) => dropout('dropout_backward', 'dx', call, traits),
};

export const adamw: Kernel = {
  name: 'adamw',
  configure(call, traits) {
    const configuration = walk('adamw', 'w', call, traits);
    const w = operand('adamw', call, 'w');
    return {
      ...configuration,
      params: { ...configuration.params, stride: w.trialStride / 4 },
      flops: adamwFlops * w.rows * w.columns,
      // g is read; w, m and v are read and written.
      bytes: 7 * 4 * elements(w),
    };
  },
};

export const nonfinite: Kernel = {
  name: 'nonfinite',
  configure(call, traits) {
    const x = operand('nonfinite', call, 'x');
    const configuration = walk('nonfinite', 'x', { ...call, operands: { x } }, traits);
    return { ...configuration, params: { ...configuration.params, stride: x.trialStride / 4 } };
  },
};

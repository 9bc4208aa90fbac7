/** The kernels by themselves: what there is, and what each one computes. */
import { EngineError } from '../base/errors.js';
import { kernels, kernelSource, shaderHead } from '../kernels/index.js';
import type { ElementType } from './tensors.js';

/** The kernels, one per file in shaders/. */
export const kernelNames: readonly string[] = kernels.map(({ name }) => name);

/** One tensor that a kernel reads or writes. */
export interface KernelOperand {
  /** The name of the shader's binding. */
  readonly name: string;
  /** `write`: it may also be read, where the kernel updates it in place. */
  readonly access: 'read' | 'write';
  readonly elements: ElementType;
}

/** What is known of a kernel without running it. */
export interface KernelDescription {
  readonly name: string;
  /** The head of the shader: the formula, the shapes and the grid. */
  readonly documentation: string;
  /** In the order of the bindings. */
  readonly operands: readonly KernelOperand[];
}

/**
 * What a kernel computes, and from what; read out of its shader.
 * @throws EngineError `usage` for an unknown name
 */
export function describeKernel(name: string): KernelDescription {
  const kernel = kernels.find((each) => each.name === name);
  if (kernel === undefined)
    throw new EngineError('usage', `there is no kernel ${JSON.stringify(name)}`, {
      expected: `one of ${kernelNames.join(', ')}`,
    });
  // The variants of a product have the same operands.
  const { code, reflection } = kernelSource(name, kernel.product === undefined ? null : 'tile');
  const operands = reflection.bindings
    .filter(({ group, access }) => group === 0 && access !== 'uniform')
    .map((binding): KernelOperand => {
      const access = binding.access === 'read' ? 'read' : 'write';
      return { name: binding.name, access, elements: elementType(binding.name, code) };
    });
  return { name, documentation: shaderHead(name), operands };
}

function elementType(binding: string, code: string): ElementType {
  // Images lie four pixels to a word.
  if (binding === 'images') return 'bytes';
  const type = new RegExp(String.raw`>\s*${binding}\s*:\s*array<([^;]+)>;`).exec(code)?.[1] ?? '';
  if (/^(vec4f|f32)$/.test(type)) return 'f32';
  if (/^(vec4u|u32|atomic<u32>)$/.test(type)) return 'u32';
  if (type === 'Metrics') return 'f32 and u32 in turn';
  throw new EngineError('bug', `operand ${binding} has elements of an unknown type`, { found: type });
}

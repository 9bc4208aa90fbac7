import type { ElementwiseShape } from '../elementwise-suite.js';
import type { KernelCase, Output } from '../kernel-case.js';

/** One array per trial. */
type Trials = readonly Float32Array[];

/**
 * A kernel that makes one tensor of others of the same shape, element by element.
 * @param inputs by the names of their bindings
 * @param output the name of its binding
 * @param expected what one trial's inputs, in their order, must give
 */
export function pointwiseCase(
  kernel: string,
  shape: ElementwiseShape,
  inputs: Readonly<Record<string, Trials>>,
  output: string,
  expected: (...values: Float32Array[]) => Output,
): KernelCase {
  const given = Object.entries(inputs);
  const tensors = given.map(([name, data]) => [name, { ...shape, role: 'reads', data }] as const);
  return {
    run: {
      kernel,
      tensors: { ...Object.fromEntries(tensors), [output]: { ...shape, role: 'writes' } },
      trials: given[0]![1].length,
    },
    expected: (trial) => ({ [output]: expected(...given.map(([, data]) => data[trial]!)) }),
  };
}

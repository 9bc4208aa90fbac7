import { EngineError } from '../base/errors.js';
import type { KernelCall, Matrix, Operand } from './kernel.js';

/** The operand bound to `name`. @throws EngineError `bug` if the call lacks it */
export function operand(kernel: string, call: KernelCall, name: string): Operand {
  const found = call.operands[name];
  if (found === undefined) {
    throw new EngineError('bug', `kernel ${kernel} was called without its operand ${name}`, {
      found: Object.keys(call.operands).join(', '),
    });
  }
  return found;
}

/** Checks that an operand has the shape that the other operands imply. */
export function requireShape(kernel: string, name: string, found: Matrix, expected: Matrix): void {
  if (found.rows === expected.rows && found.columns === expected.columns) return;
  throw new EngineError('bug', `kernel ${kernel}: operand ${name} has the wrong shape`, {
    found: `${found.rows}x${found.columns}`,
    expected: `${expected.rows}x${expected.columns}`,
  });
}

/** A named attribute. @throws EngineError `bug` if the call lacks it */
export function attribute(kernel: string, call: KernelCall, name: string): number {
  const found = call.attributes[name];
  if (found === undefined)
    throw new EngineError('bug', `kernel ${kernel} was called without its attribute ${name}`);
  return found;
}

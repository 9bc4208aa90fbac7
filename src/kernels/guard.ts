import { EngineError } from '../base/errors.js';
import type { CheckedCall, KernelCall } from './kernel.js';

/** Makes every question that a record asks a checked one. */
export function checked(kernel: string, { operands, attributes }: KernelCall): CheckedCall {
  return {
    kernel,
    operand(name, shape) {
      const found = operands[name];
      if (found === undefined) {
        throw new EngineError('bug', `kernel ${kernel} was called without its operand ${name}`, {
          found: Object.keys(operands).join(', '),
        });
      }
      if (shape !== undefined && (found.rows !== shape.rows || found.columns !== shape.columns)) {
        throw new EngineError('bug', `kernel ${kernel}: operand ${name} has the wrong shape`, {
          found: `${found.rows}x${found.columns}`,
          expected: `${shape.rows}x${shape.columns}`,
        });
      }
      return found;
    },
    attribute(name) {
      const found = attributes[name];
      if (found === undefined)
        throw new EngineError('bug', `kernel ${kernel} was called without its attribute ${name}`);
      return found;
    },
    optional: (name) => attributes[name] ?? 0,
  };
}

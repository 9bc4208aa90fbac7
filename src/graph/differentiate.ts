import { EngineError } from '../base/errors.js';
import { addTensor, type Graph, type Op, type Tensor } from './graph.js';
import { gradientRules, type Tape } from './ops.js';

/**
 * Reverse-mode differentiation: appends the backward ops of everything that leads to `loss`.
 *
 * The loss op makes the gradient of its own input (`dz`); from there each forward op's rule is applied once,
 * last op first. Gradients of parameters go to their places in the gradient arena.
 * @throws EngineError `bug` if an op has no rule, or a value is used twice (its gradients would have to be
 *   added up)
 */
export function differentiate(graph: Graph, loss: Op): void {
  const forward = graph.ops.slice(0, graph.ops.indexOf(loss));
  const trainable = new Set(graph.parameters.map((parameter) => parameter.value.id));
  for (const op of forward) {
    if (Object.values(op.reads).some((tensor) => trainable.has(tensor.id))) {
      for (const tensor of Object.values(op.writes)) trainable.add(tensor.id);
    }
  }
  const gradients = new Map<number, Tensor>([[loss.reads.z!.id, loss.writes.dz!]]);
  const tape: Tape = {
    graph,
    needsGradient: (tensor) => trainable.has(tensor.id),
    gradientFor: (tensor) => {
      if (gradients.has(tensor.id)) {
        throw new EngineError('bug', `${tensor.name} is used by more than one op`, {
          expected: 'a chain of layers: gradients that meet are not added up',
        });
      }
      const parameter = graph.parameters.find(({ value }) => value.id === tensor.id);
      const gradient = parameter?.gradient ?? addTensor(graph, `gradient of ${tensor.name}`, tensor);
      gradients.set(tensor.id, gradient);
      return gradient;
    },
  };
  for (const op of forward.reverse()) {
    const output = Object.values(op.writes).find(({ id }) => gradients.has(id));
    if (output === undefined) continue;
    const rule = gradientRules[op.kernel];
    if (rule === undefined) {
      throw new EngineError('bug', `op ${op.name} (${op.kernel}) has no gradient rule`, {
        expected: Object.keys(gradientRules).join(', '),
      });
    }
    rule(tape, op, gradients.get(output.id)!);
  }
}

import { EngineError } from '../base/errors.js';
import { addOp, addTensor, type Graph, type Op, type Tensor } from './graph.js';

/** What a gradient rule may ask for while it adds its backward ops. */
interface Tape {
  readonly graph: Graph;
  /** Whether anything trainable lies behind a tensor. */
  readonly needsGradient: (tensor: Tensor) => boolean;
  /** Declares the gradient of `tensor`, made by the op that the rule adds. */
  readonly gradientFor: (tensor: Tensor) => Tensor;
}

/** Adds the ops that turn the gradient of an op's output into those of its inputs. */
type GradientRule = (tape: Tape, op: Op, dy: Tensor) => void;

const rules: Readonly<Record<string, GradientRule>> = {
  dense_forward: denseRule,
  relu_forward: (tape, op, dy) => {
    elementwiseRule(tape, op, 'relu_backward', { y: op.writes.y!, dy });
  },
  dropout_forward: (tape, op, dy) => {
    elementwiseRule(tape, op, 'dropout_backward', { dy });
  },
};

/** dx = dy w^T, dw = x^T dy, db = column sums of dy. */
function denseRule(tape: Tape, op: Op, dy: Tensor): void {
  const { x, w, b } = op.reads as { x: Tensor; w: Tensor; b: Tensor };
  if (tape.needsGradient(x)) {
    addOp(tape.graph, {
      kernel: 'dense_backward_input',
      name: `${op.name}.input`,
      reads: { dy, w },
      writes: { dx: tape.gradientFor(x) },
    });
  }
  addOp(tape.graph, {
    kernel: 'dense_backward_weights',
    name: `${op.name}.weights`,
    reads: { x, dy },
    writes: { dw: tape.gradientFor(w) },
  });
  addOp(tape.graph, {
    kernel: 'dense_backward_bias',
    name: `${op.name}.bias`,
    reads: { dy },
    writes: { db: tape.gradientFor(b) },
  });
}

function elementwiseRule(tape: Tape, op: Op, kernel: string, reads: Record<string, Tensor>): void {
  const x = op.reads.x!;
  if (!tape.needsGradient(x)) return;
  addOp(tape.graph, {
    kernel,
    name: `${op.name}.backward`,
    reads,
    writes: { dx: tape.gradientFor(x) },
    attributes: op.attributes,
  });
}

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
    const rule = rules[op.kernel];
    if (rule === undefined) {
      throw new EngineError('bug', `op ${op.name} (${op.kernel}) has no gradient rule`, {
        expected: Object.keys(rules).join(', '),
      });
    }
    rule(tape, op, gradients.get(output.id)!);
  }
}

/** Appends one AdamW update per parameter. */
export function addOptimizer(graph: Graph): void {
  for (const { name, value, gradient, firstMoment, secondMoment } of graph.parameters) {
    addOp(graph, {
      kernel: 'adamw',
      name: `${name}.update`,
      reads: { g: gradient },
      updates: { w: value, m: firstMoment, v: secondMoment },
    });
  }
}

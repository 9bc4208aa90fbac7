import { normParts } from '../kernels/index.js';
import { addOp, addTensor, addView, type Graph, type Parameter, type Tensor } from './graph.js';

/** How a training step updates the parameters; rates, decays and norms are each trial's own. */
export interface Update {
  /** The name of its kernel. */
  readonly optimizer: 'adamw' | 'sgd';
  /** Whether gradients are clipped by their global norm. */
  readonly clips: boolean;
}

/** Appends one update per parameter, and before them what clips the gradients. */
export function addOptimizer(
  graph: Graph,
  { optimizer, clips }: Update = { optimizer: 'adamw', clips: false },
): void {
  const gradientOf = clips ? clipGradients(graph) : ({ gradient }: Parameter) => gradient;
  for (const parameter of graph.parameters) {
    const { name, value: w, firstMoment: m, secondMoment: v } = parameter;
    addOp(graph, {
      kernel: optimizer,
      name: `${name}.update`,
      reads: { g: gradientOf(parameter) },
      updates: optimizer === 'sgd' ? { w, m } : { w, m, v },
    });
  }
}

/** Appends the norm of all gradients and their clipping. @returns what gives a parameter's clipped one */
function clipGradients(graph: Graph): (parameter: Parameter) => Tensor {
  const { gradients } = graph.arenas!;
  const parts = { rows: 1, columns: normParts(gradients), vector: true };
  const squares = addTensor(graph, 'squared norms', parts);
  const clipped = addTensor(graph, 'clipped_gradients', gradients, 'persistent');
  addOp(graph, { kernel: 'gradient_norm', name: 'norm', reads: { g: gradients }, writes: { squares } });
  const reads = { g: gradients, squares };
  addOp(graph, { kernel: 'clip_gradients', name: 'clip', reads, writes: { clipped } });
  return ({ gradient }) => {
    const { offset } = gradient.view!;
    return addView(graph, `clipped ${gradient.name}`, gradient, { arena: clipped, offset });
  };
}

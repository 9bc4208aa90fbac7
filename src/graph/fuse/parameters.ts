import { elements, type KernelName } from '../../kernels/index.js';
import { addView, root, type Graph, type Op, type Tensor } from '../graph.js';
import { readersOf, replace, soleReader, withKernel, writerOf } from './rewrite.js';

/**
 * dense_backward_weights and dense_backward_bias of one layer -> `dense_backward_parameters`: the product
 * passes through the values that the bias adds up.
 */
export function fuseParameterGradients(ops: Op[], graph: Graph): void {
  for (const weights of ops.filter((op) => op.kernel === 'dense_backward_weights')) {
    const dy = weights.reads.dy!;
    const bias = ops.find((op) => op.kernel === 'dense_backward_bias' && op.reads.dy!.id === dy.id);
    if (bias === undefined) continue;
    const layer = wholeLayer(graph, weights.writes.dw!, bias.writes.db!);
    if (layer === null) continue;
    replace(ops, [weights, bias], {
      kernel: 'dense_backward_parameters',
      name: weights.name.replace(/weights$/, 'parameters'),
      reads: weights.reads,
      writes: { g: layer },
      updates: {},
      attributes: { bias: bias.writes.db!.view!.offset - weights.writes.dw!.view!.offset },
    });
  }
}

/** The window on the arena that covers a layer's weights and the bias right behind them; null: not there. */
function wholeLayer(graph: Graph, weights: Tensor, bias: Tensor): Tensor | null {
  const start = weights.view;
  const end = bias.view;
  if (start === undefined || start.arena.id !== end?.arena.id) return null;
  const neighbours = graph.parameters.findIndex(
    ({ gradient }, at) => gradient.id === weights.id && graph.parameters[at + 1]?.gradient.id === bias.id,
  );
  if (neighbours < 0) return null;
  return windowOn(graph, start.arena, start.offset, end.offset - start.offset + elements(bias), weights.name);
}

function windowOn(graph: Graph, arena: Tensor, offset: number, columns: number, name: string): Tensor {
  const shape = { rows: 1, columns, vector: true };
  return addView(graph, name.replace(/\.weight$/, ''), shape, { arena, offset });
}

/** Kernels that update parameters, each with its form that makes their gradient, too. */
const withGradient = {
  adamw: 'dense_backward_parameters_adamw',
  sgd: 'dense_backward_parameters_sgd',
} as const satisfies Partial<Record<KernelName, KernelName>>;

function isUpdate(op: Op): op is Op & { readonly kernel: keyof typeof withGradient } {
  return op.kernel in withGradient;
}

/** The two updates of a layer and its `dense_backward_parameters` -> `dense_backward_parameters_adamw`. */
export function fuseUpdates(ops: Op[], graph: Graph): void {
  for (const gradient of ops.filter((op) => op.kernel === 'dense_backward_parameters')) {
    const updates = ops
      .filter(isUpdate)
      .filter((op) => writerOf(ops, op.reads.g!) === gradient && soleReader(ops, op.reads.g!) === op);
    const [first, second] = updates;
    if (first === undefined || updates.length !== 2 || second!.kernel !== first.kernel) continue;
    const whole = gradient.writes.g!;
    const { offset } = whole.view!;
    // Of the weights, with which the layer begins.
    const atStart = updates.find((op) => op.reads.g!.view!.offset === offset)!;
    const layer = Object.entries(atStart.updates).map(([binding, { name, view }]) => {
      return [binding, windowOn(graph, view!.arena, offset, whole.columns, name)] as const;
    });
    replace(ops, [gradient, ...updates], {
      kernel: withGradient[first.kernel],
      name: gradient.name,
      reads: gradient.reads,
      writes: {},
      updates: Object.fromEntries(layer),
      attributes: gradient.attributes,
    });
  }
}

/** All updates by clipped gradients -> one over the whole arenas: no gradient can be fused with its own. */
export function fuseClippedUpdates(ops: Op[], graph: Graph): void {
  const clipped = withKernel(ops, 'clip_gradients')?.writes.clipped;
  if (clipped === undefined) return;
  const updates = readersOf(ops, clipped).filter(isUpdate);
  const [first] = updates;
  if (first === undefined || updates.length !== graph.parameters.length) return;
  const wholes = Object.entries(first.updates).map(([binding, tensor]) => [binding, root(tensor)] as const);
  replace(ops, updates, {
    ...first,
    name: 'update',
    reads: { g: clipped },
    updates: Object.fromEntries(wholes),
  });
}

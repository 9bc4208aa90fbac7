import { elements } from '../../kernels/index.js';
import type { Graph, Op, Parameter, Tensor } from '../graph.js';
import { replace, soleReader, writerOf } from './rewrite.js';

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
  const tensor: Tensor = {
    id: graph.tensors.length,
    name: name.replace(/\.weight$/, ''),
    rows: 1,
    columns,
    vector: true,
    storage: 'persistent',
    view: { arena, offset },
  };
  graph.tensors.push(tensor);
  return tensor;
}

/** The two updates of a layer and its `dense_backward_parameters` -> `dense_backward_parameters_adamw`. */
export function fuseUpdates(ops: Op[], graph: Graph): void {
  for (const gradient of ops.filter((op) => op.kernel === 'dense_backward_parameters')) {
    const updates = ops.filter(
      (op) =>
        op.kernel === 'adamw' &&
        writerOf(ops, op.reads.g!) === gradient &&
        soleReader(ops, op.reads.g!) === op,
    );
    if (updates.length !== 2) continue;
    const whole = gradient.writes.g!;
    const at = graph.parameters.find(({ gradient: { view } }) => view!.offset === whole.view!.offset)!;
    const over = (part: keyof Pick<Parameter, 'value' | 'firstMoment' | 'secondMoment'>): Tensor =>
      windowOn(graph, at[part].view!.arena, whole.view!.offset, whole.columns, at[part].name);
    replace(ops, [gradient, ...updates], {
      kernel: 'dense_backward_parameters_adamw',
      name: gradient.name,
      reads: gradient.reads,
      writes: {},
      updates: { w: over('value'), m: over('firstMoment'), v: over('secondMoment') },
      attributes: gradient.attributes,
    });
  }
}

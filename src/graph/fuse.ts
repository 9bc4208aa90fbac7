import { overlaps, sources, targets, type Graph, type Op, type Tensor } from './graph.js';

/** Which rewrites apply. */
export interface FuseRules {
  /** Update parameters in the kernel that makes their gradient; otherwise all updates become one dispatch. */
  readonly updatesInPlace: boolean;
}

/**
 * Rewrites a graph so that one kernel does what several did. The result agrees with the original within the kernels' bounds.
 *
 * 1. dense, ReLU [, dropout] -> `dense_forward` with these after it, and
 *    dense_backward_input [, dropout_backward], relu_backward -> `dense_backward_input_activation`. Both or neither: the
 *    fused backward pass reads the fused output, the separate ones what lay between.
 * 2. a gradient and its AdamW update -> `dense_backward_{weights,bias}_adamw`; or
 * 3. all AdamW updates -> one over the arenas.
 */
export function fuse(graph: Graph, rules: FuseRules): Graph {
  const ops = [...graph.ops];
  fuseActivations(ops);
  if (rules.updatesInPlace) fuseUpdates(ops);
  else mergeUpdates(ops, graph);
  return { ...graph, ops };
}

function replace(ops: Op[], old: readonly Op[], fused: Op): void {
  ops[ops.indexOf(old[0]!)] = fused;
  for (const op of old.slice(1)) ops.splice(ops.indexOf(op), 1);
}

const readersOf = (ops: readonly Op[], tensor: Tensor): Op[] =>
  ops.filter((op) => sources(op).some((source) => overlaps(source, tensor)));
const writerOf = (ops: readonly Op[], tensor: Tensor): Op | undefined =>
  ops.find((op) => targets(op).some((target) => overlaps(target, tensor)));
const only = (ops: readonly Op[], kernel: string): Op | undefined => ops.find((op) => op.kernel === kernel);

function fuseActivations(ops: Op[]): void {
  for (const dense of ops.filter((op) => op.kernel === 'dense_forward')) {
    const relu = soleReader(ops, dense.writes.y!);
    if (relu?.kernel !== 'relu_forward') continue;
    const afterRelu = readersOf(ops, relu.writes.y!);
    const dropout = only(afterRelu, 'dropout_forward');
    const reluBackward = only(afterRelu, 'relu_backward');
    const output = (dropout ?? relu).writes.y!;
    // With dropout, the ReLU's output must be seen by nobody else; without, whoever reads it reads the fused output.
    if (dropout !== undefined && afterRelu.some((op) => op !== dropout && op !== reluBackward)) continue;

    let backward: readonly Op[] | null = [];
    if (reluBackward !== undefined) backward = backwardChain(ops, reluBackward, dropout !== undefined);
    if (backward === null) continue;

    const attributes = {
      relu: 1,
      dropout: dropout === undefined ? 0 : 1,
      ...(dropout === undefined ? {} : { layer: dropout.attributes.layer! }),
    };
    const forward = dropout === undefined ? [dense, relu] : [dense, relu, dropout];
    replace(ops, forward, { ...dense, writes: { y: output }, attributes });
    const input = backward[0];
    if (input === undefined || reluBackward === undefined) continue;
    replace(ops, backward, {
      kernel: 'dense_backward_input_activation',
      name: input.name,
      reads: { ...input.reads, a: output },
      writes: { dz: reluBackward.writes.dx! },
      updates: {},
      attributes: { dropout: attributes.dropout },
    });
  }
}

/** dense_backward_input [, dropout_backward], relu_backward, if nothing else looks in between; otherwise null. */
function backwardChain(ops: readonly Op[], reluBackward: Op, hasDropout: boolean): readonly Op[] | null {
  const above = writerOf(ops, reluBackward.reads.dy!);
  const dropout = hasDropout ? above : undefined;
  const input = hasDropout && dropout !== undefined ? writerOf(ops, dropout.reads.dy!) : above;
  if (hasDropout && dropout?.kernel !== 'dropout_backward') return null;
  if (input?.kernel !== 'dense_backward_input') return null;
  const chain = dropout === undefined ? [input, reluBackward] : [input, dropout, reluBackward];
  return chain.slice(0, -1).every((op) => soleReader(ops, op.writes.dx!) !== undefined) ? chain : null;
}

function soleReader(ops: readonly Op[], tensor: Tensor): Op | undefined {
  const readers = readersOf(ops, tensor);
  return readers.length === 1 ? readers[0] : undefined;
}

function fuseUpdates(ops: Op[]): void {
  for (const update of ops.filter((op) => op.kernel === 'adamw')) {
    const gradient = writerOf(ops, update.reads.g!);
    if (gradient?.kernel !== 'dense_backward_weights' && gradient?.kernel !== 'dense_backward_bias') continue;
    if (soleReader(ops, update.reads.g!) === undefined) continue;
    replace(ops, [gradient, update], {
      kernel: `${gradient.kernel}_adamw`,
      name: gradient.name,
      reads: gradient.reads,
      writes: {},
      updates: update.updates,
      attributes: {},
    });
  }
}

function mergeUpdates(ops: Op[], { arenas, parameters }: Graph): void {
  const updates = ops.filter((op) => op.kernel === 'adamw');
  // Only all of them together are the whole arena.
  if (arenas === null || updates.length < 2 || updates.length !== parameters.length) return;
  replace(ops, updates, {
    kernel: 'adamw',
    name: 'update',
    reads: { g: arenas.gradients },
    writes: {},
    updates: { w: arenas.parameters, m: arenas.firstMoments, v: arenas.secondMoments },
    attributes: {},
  });
}

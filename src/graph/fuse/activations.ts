import type { Op } from '../graph.js';
import { readersOf, replace, soleReader, withKernel, writerOf } from './rewrite.js';

/**
 * dense, ReLU [, dropout] -> `dense_forward` with these after it, and dense_backward_input [,
 * dropout_backward], relu_backward -> `dense_backward_input_activation`. Both or neither: the fused backward
 * pass reads the fused output, the separate ones what lay between.
 */
export function fuseActivations(ops: Op[]): void {
  for (const dense of ops.filter((op) => op.kernel === 'dense_forward')) {
    const relu = soleReader(ops, dense.writes.y!);
    if (relu?.kernel !== 'relu_forward') continue;
    const afterRelu = readersOf(ops, relu.writes.y!);
    const dropout = withKernel(afterRelu, 'dropout_forward');
    const reluBackward = withKernel(afterRelu, 'relu_backward');
    const output = (dropout ?? relu).writes.y!;
    // With dropout, nobody else may read the ReLU's output; without, its readers read the fused output.
    if (dropout !== undefined && afterRelu.some((op) => op !== dropout && op !== reluBackward)) continue;

    let backward: readonly Op[] | null = [];
    if (reluBackward !== undefined) backward = backwardChain(ops, reluBackward, dropout !== undefined);
    if (backward === null) continue;

    const drops = dropout === undefined ? { dropout: 0 } : { dropout: 1, layer: dropout.attributes.layer! };
    const forward = dropout === undefined ? [dense, relu] : [dense, relu, dropout];
    replace(ops, forward, { ...dense, writes: { y: output }, attributes: { relu: 1, ...drops } });
    const input = backward[0];
    if (input === undefined || reluBackward === undefined) continue;
    replace(ops, backward, {
      kernel: 'dense_backward_input_activation',
      name: input.name,
      reads: { ...input.reads, a: output },
      writes: { dz: reluBackward.writes.dx! },
      updates: {},
      attributes: drops,
    });
  }
}

/** dense_backward_input [, dropout_backward], relu_backward; null if something else reads in between. */
function backwardChain(ops: readonly Op[], reluBackward: Op, hasDropout: boolean): readonly Op[] | null {
  const above = writerOf(ops, reluBackward.reads.dy!);
  const dropout = hasDropout ? above : undefined;
  const input = hasDropout && dropout !== undefined ? writerOf(ops, dropout.reads.dy!) : above;
  if (hasDropout && dropout?.kernel !== 'dropout_backward') return null;
  if (input?.kernel !== 'dense_backward_input') return null;
  const chain = dropout === undefined ? [input, reluBackward] : [input, dropout, reluBackward];
  return chain.slice(0, -1).every((op) => soleReader(ops, op.writes.dx!) !== undefined) ? chain : null;
}

import type { Graph } from '../graph.js';
import { fuseActivations } from './activations.js';
import { fuseGather } from './gather.js';
import { fuseLayers } from './layers.js';
import { fuseLoss } from './loss.js';
import { fuseClippedUpdates, fuseParameterGradients, fuseUpdates } from './parameters.js';

/**
 * Rewrites a graph so that one kernel does what several did. The result agrees with the original within the
 * kernels' bounds.
 *
 * In this order, each described where it is defined: activations into the dense layers around them; the last
 * layer with the loss and the metrics; a layer's two parameter gradients; their updates into them, so that a
 * gradient never travels through memory; or, where gradients are clipped, all updates into one; the gather
 * into the first layer; and, if wanted, the updates of all layers into one. A training step of n >= 2 dense
 * layers becomes 3n - 1 dispatches, 2n with the last rewriting, 3n + 2 with clipping.
 * @param together whether the layers are updated in one dispatch; see `updatesTogether`
 */
export function fuse(graph: Graph, { together = false }: { readonly together?: boolean } = {}): Graph {
  const fused: Graph = { ...graph, ops: [...graph.ops], tensors: [...graph.tensors] };
  fuseActivations(fused.ops);
  fuseLoss(fused.ops);
  fuseParameterGradients(fused.ops, fused);
  fuseUpdates(fused.ops, fused);
  fuseClippedUpdates(fused.ops, fused);
  fuseGather(fused.ops);
  if (together) fuseLayers(fused.ops, fused);
  return fused;
}

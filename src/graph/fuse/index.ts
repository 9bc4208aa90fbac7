import type { Graph } from '../graph.js';
import { fuseActivations } from './activations.js';
import { fuseGather } from './gather.js';
import { fuseLoss } from './loss.js';
import { fuseClippedUpdates, fuseParameterGradients, fuseUpdates } from './parameters.js';

/**
 * Rewrites a graph so that one kernel does what several did. The result agrees with the original within the
 * kernels' bounds.
 *
 * In this order, each described where it is defined: activations into the dense layers around them; the last
 * layer with the loss and the metrics; a layer's two parameter gradients; their updates into them, so that a
 * gradient never travels through memory; or, where gradients are clipped, all updates into one; the gather
 * into the first layer. A training step of n >= 2 dense layers becomes 3n - 1 dispatches, 3n + 2 with
 * clipping.
 */
export function fuse(graph: Graph): Graph {
  const fused: Graph = { ...graph, ops: [...graph.ops], tensors: [...graph.tensors] };
  fuseActivations(fused.ops);
  fuseLoss(fused.ops);
  fuseParameterGradients(fused.ops, fused);
  fuseUpdates(fused.ops, fused);
  fuseClippedUpdates(fused.ops, fused);
  fuseGather(fused.ops);
  return fused;
}

import { productTile } from '../../kernels/index.js';
import type { Op } from '../graph.js';
import { readersOf, replace, soleReader, withKernel, writerOf } from './rewrite.js';

/**
 * The last dense layer, softmax_cross_entropy and reduce_metrics -> `dense_softmax_cross_entropy`, which
 * reads its labels straight from the data set. For as many classes as a tile of the product is wide, so that
 * a tile holds whole rows.
 */
export function fuseLoss(ops: Op[]): void {
  const loss = withKernel(ops, 'softmax_cross_entropy');
  const metrics = withKernel(ops, 'reduce_metrics');
  if (loss === undefined || metrics === undefined || loss.reads.z!.columns > productTile) return;
  const dense = writerOf(ops, loss.reads.z!);
  const gather = writerOf(ops, loss.reads.labels!);
  if (dense?.kernel !== 'dense_forward' || dense.attributes.relu === 1 || gather?.kernel !== 'gather') return;
  if (soleReader(ops, loss.reads.z!) !== loss || soleReader(ops, loss.writes.loss!) !== metrics) return;
  if (readersOf(ops, loss.reads.labels!).some((op) => op !== loss && op !== metrics)) return;
  replace(ops, [dense, loss, metrics], {
    kernel: 'dense_softmax_cross_entropy',
    name: `${dense.name}.loss`,
    reads: { ...dense.reads, labels: gather.reads.labels!, indices: gather.reads.indices! },
    writes: { dz: loss.writes.dz!, predicted: loss.writes.predicted!, metrics: metrics.writes.metrics! },
    updates: {},
    attributes: { ...loss.attributes, tiles: metrics.attributes.tiles! },
  });
}

import type { KernelName } from '../../kernels/index.js';
import type { Op } from '../graph.js';
import { readersOf, replace, withKernel } from './rewrite.js';

/** Kernels that can read their batch from the images themselves, each with its form that does. */
const fromImages: Partial<Record<KernelName, KernelName>> = {
  dense_forward: 'dense_forward_images',
  dense_backward_parameters: 'dense_backward_parameters_images',
  dense_backward_parameters_adamw: 'dense_backward_parameters_images_adamw',
  dense_backward_parameters_sgd: 'dense_backward_parameters_images_sgd',
};

/**
 * The gather and every op that reads its batch -> the same ops reading images. Only if all of them can, and
 * nobody wants the batch's labels any more.
 */
export function fuseGather(ops: Op[]): void {
  const gather = withKernel(ops, 'gather');
  // Of f32 features there is nothing to unpack: kernels read the batch that the gather has put together.
  if (gather?.reads.images!.packedBytes !== true) return;
  const { images, indices } = gather.reads;
  const batch = gather.writes.x!;
  const readers = readersOf(ops, batch);
  if (readers.length === 0 || readersOf(ops, gather.writes.y!).length > 0) return;
  if (!readers.every((op) => fromImages[op.kernel] !== undefined && op.reads.x?.id === batch.id)) return;
  for (const op of readers) {
    const { x, ...rest } = op.reads;
    replace(ops, [op], {
      ...op,
      kernel: fromImages[op.kernel]!,
      reads: { images: images, indices: indices!, ...rest },
      attributes: { ...op.attributes, batch: x!.rows },
    });
  }
  ops.splice(ops.indexOf(gather), 1);
}

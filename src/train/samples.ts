import { storageBuffer, write, type Gpu } from '../gpu/index.js';
import { padded, padRows } from '../kernels/index.js';
import type { Dataset } from '../data/dataset.js';

/** The data set on the GPU: training images first, then test images. Uploaded once. */
export interface Samples {
  readonly dataset: Dataset;
  readonly images: GPUBuffer;
  readonly labels: GPUBuffer;
}

/**
 * Uploads a data set: images as bytes in rows padded to whole words, labels as u32.
 * @throws the first error of the GPU; then nothing is left on it
 */
export function uploadSamples(gpu: Gpu, dataset: Dataset): Samples {
  const pixels = dataset.rows * dataset.columns;
  const stride = padded(pixels);
  const parts = [dataset.train, dataset.test];
  const count = dataset.train.count + dataset.test.count;
  const { images, labels } = gpu.allOrNone(() => ({
    images: storageBuffer(gpu, 'images', count * stride),
    labels: storageBuffer(gpu, 'labels', 4 * padded(count)),
  }));
  let first = 0;
  for (const part of parts) {
    write(gpu, images, padRows(part.pixels, pixels), first * stride);
    write(gpu, labels, Uint32Array.from(part.labels), 4 * first);
    first += part.count;
  }
  return { dataset, images, labels };
}

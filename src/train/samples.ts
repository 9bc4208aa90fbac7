import { storageBuffer, write, type Gpu } from '../gpu/index.js';
import { padded, padRows } from '../kernels/index.js';
import type { Dataset } from '../data/dataset.js';
import { fitsWhole, imageStride } from './windows.js';

/** A data set for the GPU. */
export interface Samples {
  readonly dataset: Dataset;
  /**
   * All images and labels, training images first, then test images. Uploaded once. null: they do not fit, and
   * each group of trials has a window onto them.
   */
  readonly whole: { readonly images: GPUBuffer; readonly labels: GPUBuffer } | null;
}

/**
 * Uploads a data set that fits the device: images in rows padded to fours, as bytes or f32, labels as u32.
 * @throws the first error of the GPU; then nothing is left on it
 */
export function uploadSamples(gpu: Gpu, dataset: Dataset): Samples {
  if (!fitsWhole(gpu.traits, dataset)) return { dataset, whole: null };
  const pixels = dataset.rows * dataset.columns;
  const stride = imageStride(dataset);
  const parts = [dataset.train, dataset.test];
  const count = dataset.train.count + dataset.test.count;
  const whole = gpu.allOrNone(() => ({
    images: storageBuffer(gpu, 'images', padded(count) * stride),
    labels: storageBuffer(gpu, 'labels', 4 * padded(count)),
  }));
  let first = 0;
  for (const part of parts) {
    write(gpu, whole.images, padRows(part.pixels, pixels), first * stride);
    write(gpu, whole.labels, Uint32Array.from(part.labels), 4 * first);
    first += part.count;
  }
  return { dataset, whole };
}

export function releaseSamples(gpu: Gpu, { whole }: Samples): void {
  for (const buffer of Object.values(whole ?? {})) gpu.release(buffer);
}

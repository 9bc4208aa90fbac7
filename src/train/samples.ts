import { storageBuffer, write, type Gpu } from '../gpu/index.js';
import type { Dataset } from '../data/dataset.js';

/** The data set on the GPU: training images first, then test images. Uploaded once. */
export interface Samples {
  readonly images: GPUBuffer;
  readonly labels: GPUBuffer;
  readonly count: number;
}

/**
 * Uploads a data set: images as bytes in rows padded to whole words, labels as u32.
 * @throws the first error of the GPU; then nothing is left on it
 */
export function uploadSamples(gpu: Gpu, dataset: Dataset): Samples {
  const pixels = dataset.rows * dataset.columns;
  const stride = Math.ceil(pixels / 4) * 4;
  const parts = [dataset.train, dataset.test];
  const count = dataset.train.count + dataset.test.count;
  const { images, labels } = gpu.allOrNone(() => ({
    images: storageBuffer(gpu, 'images', count * stride),
    labels: storageBuffer(gpu, 'labels', 4 * Math.ceil(count / 4) * 4),
  }));
  let first = 0;
  for (const part of parts) {
    const rows =
      stride === pixels ? new Uint8Array(part.pixels) : padRows(part.pixels, part.count, pixels, stride);
    write(gpu, images, rows, first * stride);
    write(gpu, labels, Uint32Array.from(part.labels), 4 * first);
    first += part.count;
  }
  return { images, labels, count };
}

/** Rows of bytes, each padded with zeros to `stride`. */
export function padRows(
  pixels: Uint8Array,
  rows: number,
  length: number,
  stride: number,
): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++)
    padded.set(pixels.subarray(row * length, (row + 1) * length), row * stride);
  return padded;
}

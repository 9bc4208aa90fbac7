import { padded } from '../../../src/kernels/index.js';
import { integers } from '../../arrays.js';
import { gatherBound } from '../../bounds.js';
import type { KernelRun, TestTensor } from '../../gpu-harness.js';
import { gather } from '../../reference/gather.js';
import { vector } from '../support.js';

/** A batch that kernels read straight from images: what the run needs for it, and what it is. */
export interface ImageBatch {
  readonly tensors: { readonly images: TestTensor; readonly indices: TestTensor };
  readonly raw: Readonly<Record<string, Uint8Array>>;
  readonly step: NonNullable<KernelRun['step']>;
  /** Per trial: x [rows, pixels], and how far the device's may lie from it. */
  readonly x: readonly Float64Array[];
  readonly radius: readonly Float64Array[];
}

/** Images before the batch in each trial's order. */
const offset = 3;

/**
 * A batch of `rows` images, another one for each trial.
 * @param present images in it; the rows beyond, of a short last batch, are 0
 */
export function imageBatch(rows: number, pixels: number, trials: number, present = rows): ImageBatch {
  const samples = rows + 5;
  const bytes = Uint8Array.from(integers(samples * pixels, 77, 256));
  const stride = padded(pixels);
  const raw = new Uint8Array(samples * stride);
  for (let sample = 0; sample < samples; sample++)
    raw.set(bytes.subarray(sample * pixels, (sample + 1) * pixels), sample * stride);
  const orders = Array.from({ length: trials }, (_, trial) =>
    integers(offset + rows + 1, 78 + trial, samples),
  );
  const x = orders.map((order) => {
    const batch = gather(bytes, order.subarray(offset, offset + rows), pixels);
    return batch.fill(0, present * pixels);
  });
  return {
    tensors: {
      images: { role: 'reads', rows: samples, columns: pixels, shared: true },
      indices: vector('reads', offset + rows + 1, orders),
    },
    raw: { images: raw },
    step: { rows: present, offset },
    x,
    radius: x.map((batch) => gatherBound(batch)),
  };
}

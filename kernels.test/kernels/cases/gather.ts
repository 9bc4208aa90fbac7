import { integers } from '../../arrays.js';
import { gatherBound } from '../../bounds.js';
import { gather } from '../../reference/gather.js';
import type { KernelCase } from '../kernel-case.js';
import { matrix, vector } from '../support.js';

/** A data set as the engine keeps it: images as bytes, and one list of samples per trial. */
export interface Samples {
  readonly count: number;
  readonly pixels: number;
  /** [count, pixels] */
  readonly bytes: Uint8Array;
  readonly labels: Uint32Array;
  readonly indices: readonly Uint32Array[];
}

/** Random samples; the lists may name a sample more than once. */
export function randomSamples(count: number, pixels: number, listLength: number, trials: number): Samples {
  return {
    count,
    pixels,
    bytes: Uint8Array.from(integers(count * pixels, pixels, 256)),
    labels: integers(count, 1, 1000),
    indices: Array.from({ length: trials }, (_, trial) => integers(listLength, 2 + trial, count)),
  };
}

/** Images as they lie in the buffer: rows padded to words with zeros. */
export function packImages({ count, pixels, bytes }: Samples): Uint8Array {
  const stride = Math.ceil(pixels / 4) * 4;
  const packed = new Uint8Array(count * stride);
  for (let row = 0; row < count; row++)
    packed.set(bytes.subarray(row * pixels, (row + 1) * pixels), row * stride);
  return packed;
}

/**
 * A batch of `batch` rows from place `offset` of the lists.
 * @param rows samples in it; the rows from there on must be 0
 */
export function gatherCase(samples: Samples, batch: number, rows = batch, offset = 0): KernelCase {
  const { count, pixels, bytes, labels, indices } = samples;
  return {
    run: {
      kernel: 'gather',
      tensors: {
        images: { ...matrix('reads', count, pixels), shared: true },
        labels: { ...vector('reads', count, [labels]), shared: true },
        indices: vector('reads', indices[0]!.length, indices),
        x: matrix('writes', batch, pixels),
        y: vector('writes', batch),
      },
      raw: { images: packImages(samples) },
      trials: indices.length,
      step: { rows, offset },
    },
    expected: (trial) => {
      const taken = indices[trial]!.subarray(offset, offset + rows);
      const x = new Float64Array(batch * pixels);
      x.set(gather(bytes, taken, pixels));
      const y = new Uint32Array(batch);
      y.set(taken.map((sample) => labels[sample]!));
      return { x: { values: x, bound: gatherBound(x) }, y: { bits: y } };
    },
  };
}

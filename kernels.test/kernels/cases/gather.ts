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
  /** [count, pixels], in the place of the bytes. */
  readonly features?: Float32Array;
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
  const { count, pixels, bytes, features, labels, indices } = samples;
  return {
    run: {
      kernel: 'gather',
      tensors: {
        images: { ...matrix('reads', count, pixels, features && [features]), shared: true },
        labels: { ...vector('reads', count, [labels]), shared: true },
        indices: vector('reads', indices[0]!.length, indices),
        x: matrix('writes', batch, pixels),
        y: vector('writes', batch),
      },
      ...(features === undefined
        ? { raw: { images: packImages(samples) } }
        : { attributes: { features: 1 } }),
      trials: indices.length,
      step: { rows, offset },
    },
    expected: (trial) => {
      const taken = indices[trial]!.subarray(offset, offset + rows);
      const x = new Float64Array(batch * pixels);
      x.set(features === undefined ? gather(bytes, taken, pixels) : rowsOf(features, taken, pixels));
      const y = new Uint32Array(batch);
      y.set(taken.map((sample) => labels[sample]!));
      // Features are copied, bit by bit.
      return {
        x: features === undefined ? { values: x, bound: gatherBound(x) } : { values: x },
        y: { bits: y },
      };
    },
  };
}

/** Rows `indices` of a matrix. */
function rowsOf(matrix: Float32Array, indices: Uint32Array, columns: number): Float32Array {
  return Float32Array.from({ length: indices.length * columns }, (_, i) => {
    const row = indices[Math.floor(i / columns)]!;
    return matrix[row * columns + (i % columns)]!;
  });
}

/** The same samples with random features of many sizes in the place of their bytes. */
export function withFeatures(samples: Samples): Samples {
  const bits = integers(samples.count * samples.pixels, 77, 0x7f00_0000);
  const features = new Float32Array(bits.buffer).map((value, i) => (i % 2 === 0 ? value : -value));
  return { ...samples, features };
}

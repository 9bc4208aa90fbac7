/**
 * Rows of a matrix between the host, which has them one after the other, and kernels, which have them padded.
 */
import { padded } from './kernel.js';

type Elements = Uint8Array | Uint32Array | Float32Array;

/**
 * The bytes of a matrix whose rows of `columns` elements are each padded with zeros to a multiple of 4
 * elements.
 */
export function padRows(values: Elements, columns: number): Uint8Array<ArrayBuffer> {
  return restride(values, columns, padded(columns));
}

/** The bytes of a matrix without the padding that `padRows` gave its rows. */
export function unpadRows(values: Elements, columns: number): Uint8Array<ArrayBuffer> {
  return restride(values, padded(columns), columns);
}

/** @param from elements from one row to the next, as given; @param to as returned */
function restride(values: Elements, from: number, to: number): Uint8Array<ArrayBuffer> {
  const width = values.BYTES_PER_ELEMENT;
  const source = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (from === to) return source.slice();
  const rows = Math.floor(values.length / from);
  const kept = Math.min(from, to) * width;
  const out = new Uint8Array(rows * to * width);
  for (let row = 0; row < rows; row++) {
    const start = row * from * width;
    out.set(source.subarray(start, start + kept), row * to * width);
  }
  return out;
}

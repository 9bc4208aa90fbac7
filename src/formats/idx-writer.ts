import { EngineError } from '../base/errors.js';
import type { ImageArray } from './idx.js';

/** Writes images as IDX (the format of idx.ts). @throws EngineError `bug` if the pixels do not fill count x rows x columns */
export function encodeIdxImages({ count, rows, columns, pixels }: ImageArray): Uint8Array<ArrayBuffer> {
  return encodeIdx([count, rows, columns], pixels);
}

/** Writes labels as IDX, one byte each. */
export function encodeIdxLabels(labels: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeIdx([labels.length], labels);
}

/** Two zero bytes, 8 for unsigned bytes, the rank, each dimension as big-endian u32, the elements. */
function encodeIdx(dimensions: readonly number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  const elements = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (elements !== data.length || !dimensions.every((each) => Number.isInteger(each) && each < 2 ** 32))
    throw new EngineError('bug', 'IDX data does not fill its dimensions', {
      found: `${data.length} bytes`,
      expected: dimensions.join(' x '),
    });
  const start = 4 + 4 * dimensions.length;
  const file = new Uint8Array(start + data.length);
  file.set([0, 0, 8, dimensions.length]);
  const view = new DataView(file.buffer);
  dimensions.forEach((dimension, index) => {
    view.setUint32(4 + 4 * index, dimension);
  });
  file.set(data, start);
  return file;
}

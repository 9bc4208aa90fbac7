import { badFile, byteCount, hex } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { checkStatedSize, maxGrowth } from './deflate.js';
import { gunzip, gunzipStart } from './gzip.js';

/**
 * The IDX format of MNIST and its relatives (http://yann.lecun.com/exdb/mnist/): two zero bytes, the element
 * type (8 = unsigned byte), the number of dimensions, each dimension as a big-endian u32, then the elements.
 */

/** Images as a file holds them. */
export interface ImageArray {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  /** `count * rows * columns` bytes. */
  readonly pixels: Uint8Array;
}

/**
 * The largest array that is read, from any format: 1 GiB, 1.3 million images of 28x28. It bounds what a
 * damaged or hostile header can make this process allocate.
 */
export const maxArrayBytes = 2 ** 30;

/**
 * Reads images from the bytes of an IDX file; a name that ends in `.gz` is unpacked first.
 *
 * Memory: none for a plain file, whose pixels stay where they are; for a packed one its content, which is at
 * most 64 MiB or 64 times the file, and never more than `maxArrayBytes`.
 *
 * @throws EngineError `bad-file`
 */
export function parseIdxImages(bytes: Uint8Array, file: string): ImageArray {
  const { dimensions, data } = parseIdx(bytes, file, 3);
  const [count, rows, columns] = dimensions as [number, number, number];
  return { count, rows, columns, pixels: data };
}

/** Reads labels, one byte each. @throws EngineError `bad-file` */
export function parseIdxLabels(bytes: Uint8Array, file: string): Uint8Array {
  return parseIdx(bytes, file, 1).data;
}

interface IdxArray {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

function parseIdx(bytes: Uint8Array, file: string, rank: 1 | 3): IdxArray {
  if (!file.endsWith('.gz')) return parsePlain(bytes, file, rank);
  const { length } = parseHeader(gunzipStart(bytes, file), file, rank);
  if (length > bytes.length * maxGrowth)
    throw badFile(file, 'the header states more data than the file can hold', {
      found: `${byteCount(bytes.length)} compressed`,
      expected: `${byteCount(length)} of content, as the header states`,
    });
  checkStatedSize(length, bytes.length, 'unpack it with gzip -d', file);
  return parsePlain(gunzip(bytes, length, file), file, rank);
}

function parsePlain(bytes: Uint8Array, file: string, rank: 1 | 3): IdxArray {
  const { dimensions, length } = parseHeader(bytes, file, rank);
  if (bytes.length !== length)
    throw badFile(
      file,
      bytes.length < length ? 'the data ends too early' : 'there are bytes after the data',
      {
        found: byteCount(bytes.length),
        expected: `${byteCount(length)}: a header of ${4 + 4 * rank} and ${dimensions.join(' x ')} elements`,
      },
    );
  return { dimensions, data: bytes.subarray(4 + 4 * rank) };
}

/** Checks magic and dimensions; `length` is the size of the whole file that they imply. */
function parseHeader(bytes: Uint8Array, file: string, rank: 1 | 3): { dimensions: number[]; length: number } {
  const what = rank === 3 ? 'images' : 'labels';
  const header = 4 + 4 * rank;
  if (bytes.length >= 4 && (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8 || bytes[3] !== rank))
    throw badFile(file, `this is not an IDX file of ${what}`, {
      found: `${hex(bytes.subarray(0, 4))}${describeMagic(bytes)}`,
      expected: `00 00 08 0${rank} (${what}: unsigned bytes, dimensions: ${rank})`,
    });
  if (bytes.length < header)
    throw badFile(file, 'the IDX header ends too early', {
      found: byteCount(bytes.length),
      expected: `a header of ${byteCount(header)}`,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const dimensions = Array.from({ length: rank }, (_, index) => view.getUint32(4 + 4 * index));
  if (dimensions.includes(0))
    throw badFile(file, `there are no ${what} in it`, {
      found: `dimensions ${dimensions.join(' x ')}`,
      expected: 'every dimension at least 1',
      remedy: 'use a data set with at least one image in each part',
    });
  const elements = dimensions.reduce((product, dimension) => product * dimension, 1);
  if (elements > maxArrayBytes)
    throw badFile(file, 'the header states more data than is read', {
      found: `dimensions ${dimensions.join(' x ')}`,
      expected: `at most ${byteCount(maxArrayBytes)}`,
      remedy: 'if the file really is that large, use a part of it; otherwise replace it by a sound copy',
    });
  return { dimensions, length: header + elements };
}

/** The usual mistakes by name. */
function describeMagic(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return ' (gzip: the name should end in .gz)';
  if (bytes[0] === 0x3c) return ' (this looks like an HTML page)';
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return ' (this is a zip file)';
  if (bytes[0] !== 0 || bytes[1] !== 0) return '';
  if (bytes[2] !== 8) return ` (element type ${bytes[2]!.toString(16).padStart(2, '0')}, not unsigned bytes)`;
  return bytes[3] === 1 ? ' (labels)' : bytes[3] === 3 ? ' (images)' : ` (${bytes[3]!} dimensions)`;
}

/** Writes images. @throws EngineError `bug` if the pixels do not fill count x rows x columns */
export function encodeIdxImages({ count, rows, columns, pixels }: ImageArray): Uint8Array<ArrayBuffer> {
  return encodeIdx([count, rows, columns], pixels);
}

/** Writes labels, one byte each. */
export function encodeIdxLabels(labels: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeIdx([labels.length], labels);
}

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

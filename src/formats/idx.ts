import { badFile, byteCount, hex } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { arrayBytes, checkArrayBytes, type ElementType, type StoredArray } from './array.js';
import { checkStatedSize, maxGrowth } from './deflate.js';
import { gunzip, gunzipStart, isGzip } from './gzip.js';
import type { ImageArray } from './labelled.js';

/**
 * The IDX format of MNIST and its relatives (http://yann.lecun.com/exdb/mnist/): two zero bytes, the element
 * type (8 = unsigned byte), the number of dimensions, each dimension as a big-endian u32, then the elements,
 * big-endian too.
 */

/** Element types by their code in the third byte. */
const elementTypes: Readonly<Record<number, ElementType>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/** The most dimensions that an array of images has. */
const maxRank = 4;
const longestHeader = 4 + 4 * maxRank;

/** Whether these bytes start like an IDX file or a gzip file, which may hold one. */
export function isIdx(bytes: Uint8Array): boolean {
  return isGzip(bytes) || (bytes[0] === 0 && bytes[1] === 0);
}

/**
 * Reads the bytes of an IDX file, packed with gzip or not; its name does not matter.
 *
 * Memory: none for a plain file, whose elements stay where they are; for a packed one its content, which is
 * at most 64 MiB or 64 times the file, and never more than `maxArrayBytes`.
 *
 * @param file the name for messages
 * @throws EngineError `bad-file`
 */
export function parseIdx(bytes: Uint8Array, file: string): StoredArray {
  if (!isGzip(bytes)) return parsePlain(bytes, file);
  const { length } = parseHeader(gunzipStart(bytes, longestHeader, file), file);
  if (length > bytes.length * maxGrowth)
    throw badFile(file, 'the header states more data than the file can hold', {
      found: `${byteCount(bytes.length)} compressed`,
      expected: `${byteCount(length)} of content, as the header states`,
    });
  checkStatedSize(length, bytes.length, 'unpack it with gzip -d', file);
  return parsePlain(gunzip(bytes, length, file), file);
}

function parsePlain(bytes: Uint8Array, file: string): StoredArray {
  const { shape, type, length } = parseHeader(bytes, file);
  const start = 4 + 4 * shape.length;
  if (bytes.length !== length)
    throw badFile(
      file,
      bytes.length < length ? 'the data ends too early' : 'there are bytes after the data',
      {
        found: byteCount(bytes.length),
        expected: `${byteCount(length)}: a header of ${start} and ${shape.join(' x ')} elements of ${type}`,
      },
    );
  return { shape, type, littleEndian: false, fortran: false, bytes: bytes.subarray(start) };
}

/** Checks magic and dimensions; `length` is the size of the whole file that they imply. */
function parseHeader(
  bytes: Uint8Array,
  file: string,
): { readonly shape: number[]; readonly type: ElementType; readonly length: number } {
  const [zero = 0, second = 0, code = 0x08, rank = 1] = bytes;
  const type = elementTypes[code];
  if (zero !== 0 || second !== 0 || type === undefined || rank < 1 || rank > maxRank)
    throw badFile(file, 'this is not an IDX file', {
      found: `${hex(bytes.subarray(0, 4))}${describeMagic(bytes)}`,
      expected: `00 00, an element type from 08 to 0e, and 1 to ${maxRank} dimensions`,
    });
  const header = 4 + 4 * rank;
  if (bytes.length < header)
    throw badFile(file, 'the IDX header ends too early', {
      found: byteCount(bytes.length),
      expected: `a header of ${byteCount(header)}`,
    });
  const view = new DataView(bytes.buffer, bytes.byteOffset, header);
  const shape = Array.from({ length: rank }, (_, index) => view.getUint32(4 + 4 * index));
  const size = arrayBytes(shape, type);
  checkArrayBytes(size, shape, file);
  return { shape, type, length: header + size };
}

/** The usual mistakes by name. */
function describeMagic(bytes: Uint8Array): string {
  if (isGzip(bytes)) return ' (gzip: it was packed twice)';
  if (bytes[0] === 0x3c) return ' (this looks like an HTML page)';
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return ' (this is a zip file)';
  if (bytes[0] === 0x93 && bytes[1] === 0x4e) return ' (this is a .npy file)';
  if (bytes[0] !== 0 || bytes[1] !== 0) return '';
  if (elementTypes[bytes[2]!] === undefined)
    return ` (element type ${bytes[2]!.toString(16).padStart(2, '0')}, which IDX does not have)`;
  return ` (${bytes[3]!} dimensions)`;
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

import { badFile, byteCount, excerpt, hex, shown } from '../base/bad-file.js';
import { latin1 } from '../base/bytes.js';
import { arrayBytes, checkArrayBytes, type ElementType, type StoredArray } from './array.js';
import { bytesOf, dtypeOf, requireWhole, type Tensor } from './tensor.js';

/**
 * numpy's arrays (numpy.lib.format): the signature, the version, the length of the header, a Python dict
 * padded so that the data starts at a multiple of 64, then the data. By hand, because no library that is kept
 * up writes them.
 */

/** "\x93NUMPY". */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;

/** numpy's names of the types: byte order, kind, bytes. */
const typeNames = { I64: '<i8', F64: '<f8', F32: '<f4', U32: '<u4', U8: '|u1' } as const;

/**
 * Writes one array in version 1.0, in C order.
 * @throws EngineError `bug` if the data does not fill the shape
 */
export function encodeNpy(tensor: Tensor, name = 'array'): Uint8Array<ArrayBuffer> {
  requireWhole(name, tensor);
  const { shape, data } = tensor;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const dict = `{'descr': '${typeNames[dtypeOf(data)]}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = magic.length + 4;
  const start = Math.ceil((before + dict.length + 1) / 64) * 64;
  const file = new Uint8Array(start + data.byteLength);
  file.set([...magic, 1, 0]);
  new DataView(file.buffer).setUint16(before - 2, start - before, true);
  file.set(new TextEncoder().encode(`${dict.padEnd(start - before - 1)}\n`), before);
  file.set(bytesOf(data), start);
  return file;
}

/** What version 1.0 of the format can state; 2.0 could state 4 GB of it. */
const maxHeaderBytes = 65_535;

/** The kinds and sizes of elements that are read. */
const elementTypes: Readonly<Record<string, ElementType>> = {
  b1: 'bool',
  u1: 'uint8',
  i1: 'int8',
  u2: 'uint16',
  i2: 'int16',
  u4: 'uint32',
  i4: 'int32',
  u8: 'uint64',
  i8: 'int64',
  f4: 'float32',
  f8: 'float64',
};

/** Whether these bytes start like a .npy file. */
export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * Reads an array of numbers.
 *
 * @param bytes the whole file
 * @param file the name for messages
 * @throws EngineError `bad-file`: another format or type, or another size than stated
 */
export function parseNpy(bytes: Uint8Array, file: string): StoredArray {
  const { text, end } = headerText(bytes, file);
  const fields = parseFields(text);
  if (fields === undefined)
    throw badFile(file, 'the array header cannot be read', {
      found: shown(text),
      expected: "{'descr': '|u1', 'fortran_order': False, 'shape': (...), } and a line feed",
    });
  const [, order, kind = ''] = /^'([<>|=]?)(\w\d+)'$/.exec(fields.descr) ?? [];
  const type = elementTypes[kind];
  if (type === undefined || !/^(True|False)$/.test(fields.fortran_order))
    throw badFile(file, 'the array has a type that is not read', {
      found: `descr ${excerpt(fields.descr)}, fortran_order ${fields.fortran_order}`,
      expected: `one of ${Object.values(elementTypes).join(', ')}`,
      // Class names, or numbers of another kind.
      remedy: /^'[<>|=]?[US]/.test(fields.descr)
        ? 'save numpy.unique(array, return_inverse=True)[1]'
        : 'save array.astype(numpy.float32)',
    });
  const shape = parseShape(fields.shape);
  if (shape === undefined)
    throw badFile(file, 'the shape of the array cannot be read', {
      found: `shape ${excerpt(fields.shape)}`,
      expected: 'whole numbers in parentheses, such as (60000, 28, 28)',
    });
  const size = arrayBytes(shape, type);
  checkArrayBytes(size, shape, file);
  if (bytes.length - end !== size)
    throw badFile(file, 'the data does not have the size that its shape states', {
      found: byteCount(bytes.length - end),
      expected: `${byteCount(size)}: shape ${excerpt(fields.shape)} of ${type}`,
    });
  const fortran = fields.fortran_order === 'True';
  return { shape, type, littleEndian: order !== '>', fortran, bytes: bytes.subarray(end) };
}

/** The header between the length field and the data. */
function headerText(bytes: Uint8Array, file: string): { text: string; end: number } {
  const version = `${bytes[6] ?? '?'}.${bytes[7] ?? '?'}`;
  if (!isNpy(bytes) || !/^[123]\.0$/.test(version))
    throw badFile(file, 'the array is not in a known .npy format', {
      found: hex(bytes),
      expected: '93 4e 55 4d 50 59, then version 01 00, 02 00 or 03 00',
    });
  const start = version === '1.0' ? 10 : 12;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length =
    bytes.length < start ? Infinity : start === 10 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (Number.isFinite(length) && length > maxHeaderBytes)
    throw badFile(file, 'the array header is longer than any is', {
      found: byteCount(length),
      expected: `at most ${byteCount(maxHeaderBytes)}`,
    });
  const end = start + length;
  if (end > bytes.length)
    throw badFile(file, 'the array header ends too early', {
      found: byteCount(bytes.length),
      expected: Number.isFinite(end) ? `a header of ${byteCount(end)}` : 'the length of the header',
    });
  return { text: latin1(bytes.subarray(start, end)), end };
}

interface Fields {
  readonly descr: string;
  readonly fortran_order: string;
  readonly shape: string;
}

/**
 * The header is a Python dict literal of exactly these three keys, padded with spaces, ended by a line feed.
 */
function parseFields(text: string): Fields | undefined {
  const body = /^\{(.*)\} *\n$/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const entry = /\s*'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([\d, L]*\))\s*(?:,|$)\s*/y;
  const fields = new Map<string, string>();
  while (entry.lastIndex < body.length) {
    const match = entry.exec(body);
    if (match === null || fields.has(match[1]!)) return undefined;
    fields.set(match[1]!, match[2]!);
  }
  const descr = fields.get('descr');
  const order = fields.get('fortran_order');
  const shape = fields.get('shape');
  if (descr === undefined || order === undefined || shape === undefined) return undefined;
  return { descr, fortran_order: order, shape };
}

/** A Python tuple of whole numbers; Python 2 wrote them with an L. */
function parseShape(text: string): readonly number[] | undefined {
  if (!/^\((?:\d{1,15}L?, ?)*(?:\d{1,15}L?)?\)$/.test(text)) return undefined;
  return Array.from(text.matchAll(/\d+/g), ([digits]) => Number(digits));
}

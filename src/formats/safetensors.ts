import { EngineError } from '../base/errors.js';
import { badFile, byteCount } from '../base/bad-file.js';
import { maxHeaderBytes, parseHeader, type TensorPlace } from './safetensors-header.js';
import {
  arrayTypes,
  bytesOf,
  dtypeOf,
  requireWhole,
  type Dtype,
  type Tensor,
  type Tensors,
} from './tensor.js';

/**
 * The safetensors format (https://github.com/huggingface/safetensors): the length of the header as u64, the header in JSON
 * (name -> dtype, shape, place in the data; and free texts under `__metadata__`), then the data, little-endian, without gaps.
 */

/** What one file holds. */
export interface SafetensorsFile {
  readonly tensors: Tensors;
  readonly metadata: ReadonlyMap<string, string>;
}

const lengthBytes = 8;

/**
 * Writes a file; the same tensors and metadata give the same bytes, in whatever order the tensors come.
 *
 * As in the format's own writer, wider types come first, then names in order, and the header is padded with spaces, so that
 * every tensor is aligned to its elements.
 *
 * @throws EngineError `bug`: a tensor that does not fill its shape, a name that the format reserves, or a header that this
 *   project's reader would refuse
 */
export function encodeSafetensors(
  tensors: Tensors,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].toSorted(byWidthThenName);
  const members = metadata.size === 0 ? [] : [member('__metadata__', object([...metadata]))];
  let offset = 0;
  for (const [name, tensor] of ordered) {
    requireWhole(name, tensor);
    const { shape, data } = tensor;
    const end = offset + data.byteLength;
    members.push(member(name, JSON.stringify({ dtype: dtypeOf(data), shape, data_offsets: [offset, end] })));
    offset = end;
  }
  const header = padded(Buffer.from(`{${members.join(',')}}`));
  if (tensors.has('__metadata__') || header.length > maxHeaderBytes)
    throw new EngineError('bug', 'These tensors cannot be written as safetensors', {
      found: `${tensors.size} tensors, a header of ${byteCount(header.length)}`,
      expected: `no tensor named __metadata__, a header of at most ${byteCount(maxHeaderBytes)}`,
    });
  const file = new Uint8Array(lengthBytes + header.length + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, lengthBytes);
  let at = lengthBytes + header.length;
  for (const [, { data }] of ordered) {
    file.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * Reads a file and trusts nothing in it: every byte must belong to the header or to exactly one tensor.
 *
 * Memory: the tensors are copies, so at most the size of the file again; the header, at most 1 MiB, takes some 40 times its
 * size while it is read. Values are not judged: NaN and infinities are numbers like any other here.
 *
 * @param bytes the whole file
 * @param file the name for messages
 * @throws EngineError `bad-file`
 */
export function parseSafetensors(bytes: Uint8Array, file: string): SafetensorsFile {
  const text = headerText(bytes, file);
  const data = bytes.subarray(lengthBytes + text.length);
  const { places, metadata } = parseHeader(text, data.length, file);
  return { tensors: new Map(places.map((place) => [place.name, take(data, place)])), metadata };
}

function headerText(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes.length < lengthBytes)
    throw badFile(file, 'this is not a safetensors file', {
      found: byteCount(bytes.length),
      expected: `the length of the header, ${byteCount(lengthBytes)}, and the header`,
    });
  const stated = new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true);
  const rest = bytes.length - lengthBytes;
  if (stated > BigInt(Math.min(rest, maxHeaderBytes)))
    throw badFile(file, 'its header is longer than the file, or than a header may be', {
      found: `a header of ${stated.toLocaleString('en-US')} bytes`,
      expected: `at most ${byteCount(Math.min(rest, maxHeaderBytes))}`,
      remedy: 'check that this is a safetensors file; if it is, replace it by a sound copy',
    });
  return bytes.subarray(lengthBytes, lengthBytes + Number(stated));
}

/** A copy is aligned, whatever the place in the file. */
function take(data: Uint8Array, { dtype, shape, start, end }: TensorPlace): Tensor {
  const { buffer } = new Uint8Array(data.subarray(start, end));
  return { shape, data: new arrayTypes[dtype](buffer) };
}

/** The format's writer orders types so, widest first. */
const typeOrder: readonly Dtype[] = ['I64', 'F64', 'F32', 'U32', 'U8'];

function byWidthThenName([nameA, a]: [string, Tensor], [nameB, b]: [string, Tensor]): number {
  const difference = typeOrder.indexOf(dtypeOf(a.data)) - typeOrder.indexOf(dtypeOf(b.data));
  if (difference !== 0) return difference;
  return nameA < nameB ? -1 : 1;
}

/** JSON member by member, because an object would put names that look like numbers first. */
function member(name: string, json: string): string {
  return `${JSON.stringify(name)}:${json}`;
}

function object(entries: readonly (readonly [string, string])[]): string {
  return `{${entries.map(([key, value]) => member(key, JSON.stringify(value))).join(',')}}`;
}

function padded(header: Uint8Array): Uint8Array {
  return Buffer.concat([header], Math.ceil(header.length / 8) * 8).fill(0x20, header.length);
}

import * as v from 'valibot';
import { badFile, byteCount, reasonOf, shown } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { check, exactRecord, list, oneOf, parseJson, whole } from '../base/schema.js';
import { duplicateKey } from './json-keys.js';
import {
  arrayTypes,
  bytesOf,
  dtypeOf,
  elementCount,
  requireWhole,
  type Dtype,
  type Tensor,
  type Tensors,
} from './tensor.js';

/**
 * The safetensors format (https://github.com/huggingface/safetensors): the length of the header as u64, the
 * header in JSON (name -> dtype, shape, place in the data; and free texts under `__metadata__`), then the
 * data, little-endian, without gaps. By hand, because no library that is kept up writes it.
 */

/** What one file holds. */
export interface SafetensorsFile {
  readonly tensors: Tensors;
  readonly metadata: ReadonlyMap<string, string>;
}

const lengthBytes = 8;

/** The longest header that is read or written: some 10,000 tensors. The format itself allows 100 MB. */
export const maxHeaderBytes = 2 ** 20;

/**
 * Writes a file; the same tensors and metadata give the same bytes, in any order of the tensors.
 *
 * As in the format's own writer, wider types come first, then names in order, and the header is padded with
 * spaces, so that every tensor is aligned to its elements.
 *
 * @throws EngineError `bug`: a tensor that does not fill its shape, a name that the format reserves, or a
 *   header that this project's reader would refuse
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
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  header.set(json);
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
 * Memory: the tensors are copies, so at most the size of the file again; the header, at most 1 MiB, takes
 * some 40 times its size while it is read. Values are not judged: NaN and infinities are numbers like any
 * other here.
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

const entry = exactRecord({
  dtype: oneOf(Object.keys(arrayTypes) as Dtype[]),
  shape: v.pipe(
    list(whole()),
    v.check((shape) => elementCount(shape) !== undefined, 'sides whose product is below 2^53'),
  ),
  data_offsets: list(whole(), '[start, end] in bytes of the data', { least: 2, most: 2 }),
});

/** One tensor as the header states it; `start` and `end` count bytes of the data. */
interface TensorPlace {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the header.
 * @param text the header as it lies in the file
 * @param dataBytes the size of what follows it
 * @returns the tensors in the order of their data
 */
function parseHeader(
  text: Uint8Array,
  dataBytes: number,
  file: string,
): { readonly places: readonly TensorPlace[]; readonly metadata: ReadonlyMap<string, string> } {
  const { __metadata__: texts = {}, ...entries } = parseObject(text, file);
  if (!isObject(texts) || !Object.values(texts).every((each) => typeof each === 'string'))
    throw badFile(file, 'its metadata is not an object of texts', {
      found: shown(texts),
      expected: '"__metadata__": {name: text, ..}',
    });
  const places = Object.entries(entries).map(([name, value]) => parseEntry(name, value, file));
  // An empty tensor starts where the next one does.
  places.sort((a, b) => a.start - b.start || a.end - b.end);
  checkCover(places, dataBytes, file);
  return { places, metadata: new Map(Object.entries(texts as Record<string, string>)) };
}

function parseObject(bytes: Uint8Array, file: string): Readonly<Record<string, unknown>> {
  const about = {
    file: `${file}, its header`,
    remedy: 'replace the file by a sound copy',
    largest: maxHeaderBytes,
  };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw badFile(about.file, 'it is not JSON', { found: reasonOf(cause), expected: 'JSON in UTF-8', cause });
  }
  if (!text.startsWith('{'))
    throw badFile(about.file, 'it is not a JSON object', {
      found: shown(text),
      expected: 'an object of tensors, starting with { at its first byte',
    });
  const header = parseJson(v.custom<Record<string, unknown>>(isObject, 'an object of tensors'), text, about);
  const twice = duplicateKey(text);
  if (twice !== undefined)
    throw badFile(about.file, 'it has a name twice', {
      found: `${shown(twice)} more than once in one object`,
      expected: 'every name once',
    });
  return header;
}

function parseEntry(name: string, value: unknown, file: string): TensorPlace {
  const tensor = `tensor ${shown(name)}`;
  const { value: sound, fault } = check(entry, value);
  if (fault !== null) throw badFile(file, `${tensor}: ${fault.path || 'its entry'} is wrong`, fault);
  const { dtype, shape, data_offsets: offsets } = sound;
  const [start, end] = offsets as [number, number];
  const bytes = elementCount(shape)! * arrayTypes[dtype].BYTES_PER_ELEMENT;
  if (end - start !== bytes)
    throw badFile(file, `${tensor} has another size than its shape and type state`, {
      found: `data_offsets [${start}, ${end}]`,
      expected: `${byteCount(bytes)}: ${dtype} of shape ${shown(shape).replaceAll(',', ', ')}`,
    });
  return { name, dtype, shape, start, end };
}

/** Each tensor starts where the one before it ends, and the last one ends with the file. */
function checkCover(places: readonly TensorPlace[], dataBytes: number, file: string): void {
  let end = 0;
  for (const place of places) {
    if (place.start !== end)
      throw badFile(
        file,
        place.start < end
          ? `tensor ${shown(place.name)} overlaps another`
          : `there is a gap before tensor ${shown(place.name)}`,
        { found: `it starts at byte ${place.start} of the data`, expected: `byte ${end}` },
      );
    end = place.end;
  }
  if (end !== dataBytes)
    throw badFile(file, end > dataBytes ? 'the data ends too early' : 'there are bytes after the data', {
      found: byteCount(dataBytes),
      expected: `${byteCount(end)}, as the tensors take`,
    });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy, because the place in the file may not be aligned. */
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

import { crc32, deflateRawSync } from 'node:zlib';
import { expect } from 'vitest';
import { EngineError, type ErrorKind } from '../../base/errors.js';

/** Builders of small files, right by default and wrong where a test says so. */

export function join(...parts: readonly (Uint8Array | readonly number[] | string)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
}

export function u32be(...values: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

export function u32le(...values: readonly number[]): Uint8Array {
  return u32be(...values).map((_, index, all) => all[(index & ~3) + 3 - (index & 3)]!);
}

function u16le(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value & 255, value >> 8]));
}

/** An IDX file of any dimensions; the elements count up from 0. */
export function idx(dimensions: readonly number[], elements?: Uint8Array, type = 8): Uint8Array {
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  return join(
    [0, 0, type, dimensions.length],
    u32be(...dimensions),
    elements ?? Uint8Array.from({ length: size }, (_, index) => index),
  );
}

/** One gzip member, frame and stream under the test's control. */
export function gzipMember(
  content: Uint8Array,
  change: { header?: Uint8Array; stream?: Uint8Array; crc?: number; size?: number } = {},
): Uint8Array {
  return join(
    change.header ?? [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255],
    change.stream ?? deflateRawSync(content),
    u32le(change.crc ?? crc32(content), change.size ?? content.length),
  );
}

/** An .npy file; `header` replaces the dict, `data` the elements. */
export function npy(
  shape: readonly number[],
  change: { header?: string; data?: Uint8Array; start?: readonly number[]; headerLength?: number } = {},
): Uint8Array {
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const dict = change.header ?? `{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`;
  const text = change.header?.endsWith('\n') === true ? dict : dict.padEnd(117) + '\n';
  const start = change.start ?? [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
  const length = change.headerLength ?? text.length;
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return join(
    start,
    start[6]! >= 2 ? u32le(length) : u16le(length),
    text,
    change.data ?? Uint8Array.from({ length: size }, (_, index) => index),
  );
}

export interface ZipEntry {
  readonly name: string;
  readonly content: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  /** The packed bytes in place of the right ones. */
  readonly packed?: Uint8Array;
  readonly crc?: number;
  /** Adds the record of checksum and sizes that streaming writers put behind the data. */
  readonly descriptor?: boolean;
  /** Sizes as the directory states them. */
  readonly packedSize?: number;
  readonly size?: number;
}

/** A zip file (APPNOTE.TXT 4.3) without zip64. */
export function zip(
  entries: readonly ZipEntry[],
  change: { count?: number; comment?: string } = {},
): Uint8Array {
  const bodies: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const method = entry.method ?? 8;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(entry.content) : entry.content);
    const sizes = [entry.packedSize ?? packed.length, entry.size ?? entry.content.length];
    const common = join(
      u16le(20, entry.flags ?? 0, method, 0, 0x5821),
      u32le(entry.crc ?? crc32(entry.content), ...sizes),
      u16le(entry.name.length, 0),
    );
    const descriptor = u32le(0x08074b50, crc32(entry.content), ...sizes);
    const body = join(
      u32le(0x04034b50),
      common,
      entry.name,
      packed,
      entry.descriptor === true ? descriptor : [],
    );
    directory.push(join(u32le(0x02014b50), u16le(20), common, u16le(0, 0, 0), u32le(0, offset), entry.name));
    bodies.push(body);
    offset += body.length;
  }
  const count = change.count ?? entries.length;
  const listing = join(...directory);
  const comment = change.comment ?? '';
  return join(
    ...bodies,
    listing,
    u32le(0x06054b50),
    u16le(0, 0, count, count),
    u32le(listing.length, offset),
    u16le(comment.length),
    comment,
  );
}

/** The error of `action`, which must be an EngineError of this kind that names `file` and says what to do. */
export async function engineError(
  action: () => unknown,
  kind: ErrorKind,
  file: string,
): Promise<EngineError> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(file);
    expect(error.remedy).toBeTruthy();
    return error;
  }
  throw new Error(`${file} was accepted`);
}

/**
 * Checks one row of a table of bad files: the message says what is wrong, with what was found and expected.
 */
export async function expectBadFile(action: () => unknown, file: string, what: RegExp): Promise<void> {
  const error = await engineError(action, 'bad-file', file);
  expect(error.found).toBeTruthy();
  expect(error.expected).toBeTruthy();
  expect(error.describe()).toMatch(what);
}

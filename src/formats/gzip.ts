import { constants, crc32, inflateRawSync } from 'node:zlib';
import { badFile, byteCount, hex } from '../base/bad-file.js';

/**
 * Unpacking of gzip files (RFC 1952) that trusts nothing.
 *
 * Node's own `gunzipSync` ignores what follows the first member and has no bound by default. Here the frame is read
 * by hand and only the deflate stream inside is left to zlib, so that every byte of the file is accounted for.
 */

/** Whatever its size, a file may unpack to this. */
const alwaysAllowed = 2 ** 26;

/** Images pack to a third or so; blank ones, of which a set may have many, to far less. */
const mostGrowth = 64;

/**
 * The most that a packed file may unpack to, in bytes: 64 MiB, or 64 times its own size. deflate could grow a thousandfold, so
 * that a megabyte would take a gigabyte of memory.
 */
export function largestContent(packedBytes: number): number {
  return Math.max(alwaysAllowed, mostGrowth * packedBytes);
}

/** Bits of FLG, RFC 1952 section 2.3.1. */
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const fixedHeader = 10;
const trailer = 8;

/**
 * Unpacks a whole gzip file of one member.
 *
 * @param bytes the file
 * @param maxBytes the largest size that the content may have; nothing beyond it is ever allocated
 * @param file the name for messages
 * @throws EngineError `bad-file`: no gzip, damaged, truncated, checksum or size wrong, more than `maxBytes`, or bytes
 *   after the end
 */
export function gunzip(bytes: Uint8Array, maxBytes: number, file: string): Uint8Array {
  const start = headerLength(bytes, file);
  const { content, consumed } = inflateRaw(bytes.subarray(start), maxBytes, file);
  const end = start + consumed;
  if (end + trailer > bytes.length) throw truncated(file, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const checksum = view.getUint32(end, true);
  const size = view.getUint32(end + 4, true);
  const actual = crc32(content);
  if (checksum !== actual)
    throw badFile(file, 'the content does not match its checksum', {
      found: `CRC-32 ${actual.toString(16)}`,
      expected: `CRC-32 ${checksum.toString(16)}, as the file states`,
    });
  if (size !== content.length % 2 ** 32)
    throw badFile(file, 'the content does not have the size that the gzip trailer states', {
      found: byteCount(content.length),
      expected: byteCount(size),
    });
  if (end + trailer !== bytes.length)
    throw badFile(file, 'there are bytes after the end of the gzip data', {
      found: `${byteCount(bytes.length - end - trailer)} more`,
      expected: 'one gzip member and nothing after it',
      remedy: 'unpack the file and pack it again with gzip, or replace it',
    });
  return content;
}

/**
 * The first bytes of the content (at most about 1 MB, because a deflate stream grows at most 1032-fold), so that a
 * header inside can be read before the size of the whole is known. The checksum is not tested yet.
 * @throws EngineError `bad-file`
 */
export function gunzipStart(bytes: Uint8Array, file: string): Uint8Array {
  const start = headerLength(bytes, file);
  return inflateRaw(bytes.subarray(start, start + 1024), 2 ** 21, file, true).content;
}

/** Checks the gzip header and returns where the deflate stream starts. */
function headerLength(bytes: Uint8Array, file: string): number {
  if (bytes.length >= 2 && (bytes[0] !== 0x1f || bytes[1] !== 0x8b))
    throw badFile(file, 'this is not a gzip file', { found: hex(bytes), expected: '1f 8b 08 ...' });
  if (bytes.length < fixedHeader + trailer) throw truncated(file, bytes.length);
  const method = bytes[2]!;
  const flag = bytes[3]!;
  if (method !== 8 || (flag & flags.reserved) !== 0)
    throw badFile(file, 'the gzip header is not one of RFC 1952', {
      found: `method ${method}, flags ${flag}`,
      expected: 'method 8 (deflate), flags below 32',
    });
  let at: number = fixedHeader;
  if ((flag & flags.extra) !== 0) at += 2 + bytes[at]! + 256 * bytes[at + 1]!;
  for (const text of [flags.name, flags.comment]) {
    if ((flag & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) throw truncated(file, bytes.length);
    at = end + 1;
  }
  if ((flag & flags.headerCrc) !== 0) at += checkHeaderCrc(bytes, at, file);
  if (at > bytes.length - trailer) throw truncated(file, bytes.length);
  return at;
}

function checkHeaderCrc(bytes: Uint8Array, at: number, file: string): number {
  if (at + 2 > bytes.length) throw truncated(file, bytes.length);
  const stated = bytes[at]! + 256 * bytes[at + 1]!;
  const actual = crc32(bytes.subarray(0, at)) & 0xffff;
  if (stated !== actual)
    throw badFile(file, 'the gzip header does not match its checksum', {
      found: actual.toString(16),
      expected: stated.toString(16),
    });
  return 2;
}

/**
 * Unpacks a raw deflate stream.
 *
 * @param bytes the stream, and possibly bytes after it
 * @param startOnly accepts a stream that is cut off, and returns what it holds so far
 * @returns the content, and how many bytes of the input belong to the stream
 * @throws EngineError `bad-file`: damaged, truncated, or more than `maxBytes` (at least 1)
 */
export function inflateRaw(
  bytes: Uint8Array,
  maxBytes: number,
  file: string,
  startOnly = false,
): { readonly content: Uint8Array; readonly consumed: number } {
  // With `info` the call returns the engine too, which the types of Node do not say.
  const options = {
    info: true,
    // zlib refuses a bound of 0.
    maxOutputLength: Math.max(1, maxBytes),
    // In one piece, whose pages are had as they are filled: zlib would join many, and so take twice the memory.
    ...(!startOnly && { chunkSize: Math.max(64, maxBytes + 1) }),
    finishFlush: startOnly ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
  };
  try {
    const result = inflateRawSync(bytes, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return { content: result.buffer, consumed: result.engine.bytesWritten };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw badFile(file, 'it unpacks to more than it may', {
        found: `more than ${byteCount(maxBytes)}`,
        expected: `at most ${byteCount(maxBytes)}`,
        cause,
      });
    if (code === 'Z_BUF_ERROR') throw truncated(file, bytes.length);
    throw badFile(file, 'the compressed data is damaged', {
      found: cause instanceof Error ? cause.message : String(cause),
      expected: 'a deflate stream (RFC 1951)',
      cause,
    });
  }
}

function truncated(file: string, length: number): Error {
  return badFile(file, 'the gzip data ends too early', {
    found: `${byteCount(length)} without an end`,
    expected: 'a complete gzip member with its checksum and size',
  });
}

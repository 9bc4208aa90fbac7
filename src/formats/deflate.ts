import { constants, crc32, inflateRawSync, inflateSync } from 'node:zlib';
import { badFile, byteCount } from '../base/bad-file.js';

/** What gzip, zip and PNG have in common: deflate streams (RFC 1951) with bounds, and CRC-32. */

/** Bytes that a file of any size may unpack to. */
const alwaysAllowed = 2 ** 26;

/** Images pack to a third or so; blank ones, of which a set may have many, to far less. */
const mostGrowth = 64;

/**
 * deflate codes at most 258 bytes in 2 bits, so no input grows by more (zlib's documentation states 1032:1).
 */
export const maxGrowth = 1032;

/**
 * Refuses sizes that no images have: a file may unpack to 64 MiB, or 64 times its own size. deflate could
 * grow a thousandfold, so that a megabyte would take a gigabyte of memory.
 * @param stated bytes that the file states it unpacks to
 * @param plain how to pack it so that it is read all the same
 * @throws EngineError `bad-file`
 */
export function checkStatedSize(stated: number, packed: number, plain: string, file: string): void {
  const most = Math.max(alwaysAllowed, mostGrowth * packed);
  if (stated > most)
    throw badFile(file, 'it states far more data than images pack to this size', {
      found: `${byteCount(stated)} in ${byteCount(packed)}`,
      expected: `at most ${byteCount(most)}`,
      remedy: `if the file really is so, ${plain}; otherwise replace it by a sound copy`,
    });
}

/**
 * @throws EngineError `bad-file` if bytes do not have the checksum that the file states, of which `mask` is
 *   looked at
 */
export function checkCrc32(what: string, bytes: Uint8Array, stated: number, file: string, mask = -1): void {
  const actual = (crc32(bytes) & mask) >>> 0;
  if (actual !== stated)
    throw badFile(file, `${what} does not match its checksum`, {
      found: `CRC-32 ${actual.toString(16)}`,
      expected: `CRC-32 ${stated.toString(16)}, as the file states`,
    });
}

/** How a deflate stream is unpacked. */
export interface InflateOptions {
  /** Alone, or in the frame of zlib (RFC 1950). */
  readonly form: 'raw' | 'zlib';
  /** At least 1; nothing beyond it is ever allocated. */
  readonly maxBytes: number;
  /** The name for messages, and what they say of more than `maxBytes`. */
  readonly file: string;
  readonly excess?: string;
  /** Accepts a stream that is cut off, and returns what it holds so far. */
  readonly startOnly?: boolean;
  /** Joins pieces of zlib's own size, for content that may be small where much is allowed. */
  readonly inPieces?: boolean;
}

/**
 * Unpacks a deflate stream.
 * @param bytes the stream, and possibly bytes after it
 * @returns the content, and how many bytes of the input belong to the stream
 * @throws EngineError `bad-file`: damaged, truncated, or more than `maxBytes`
 */
export function inflate(
  bytes: Uint8Array,
  { form, maxBytes, file, excess = 'it unpacks to more than it may', ...how }: InflateOptions,
): { readonly content: Uint8Array; readonly consumed: number } {
  // With `info` the call returns the engine too, which the types of Node do not say.
  const options = {
    info: true,
    // zlib refuses a bound of 0.
    maxOutputLength: Math.max(1, maxBytes),
    // In one piece, whose pages are had as they are filled: zlib would join many, and so take twice the
    // memory.
    ...(how.startOnly !== true && how.inPieces !== true && { chunkSize: Math.max(64, maxBytes + 1) }),
    finishFlush: how.startOnly === true ? constants.Z_SYNC_FLUSH : constants.Z_FINISH,
  };
  try {
    const unpack = form === 'raw' ? inflateRawSync : inflateSync;
    const { buffer, engine } = unpack(bytes, options) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return { content: buffer, consumed: engine.bytesWritten };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw badFile(file, excess, {
        found: `more than ${byteCount(maxBytes)}`,
        expected: `at most ${byteCount(maxBytes)}`,
        cause,
      });
    const isCut = code === 'Z_BUF_ERROR';
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw badFile(file, `the compressed data ${isCut ? 'ends too early' : 'is damaged'}`, {
      found: isCut ? `${byteCount(bytes.length)} without an end` : reason,
      expected: `a whole deflate stream (RFC ${form === 'raw' ? 1951 : 1950})`,
      cause,
    });
  }
}

import { badFile, byteCount, reasonOf } from '../base/bad-file.js';
import { platform, type Inflated, type InflateOptions as PlatformOptions } from '../platform/index.js';

/** What gzip and zip have in common: deflate streams (RFC 1951) with bounds, and CRC-32. */

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
  const actual = (platform.crc32(bytes) & mask) >>> 0;
  if (actual !== stated)
    throw badFile(file, `${what} does not match its checksum`, {
      found: `CRC-32 ${actual.toString(16)}`,
      expected: `CRC-32 ${stated.toString(16)}, as the file states`,
    });
}

/** How a deflate stream is unpacked. */
export interface InflateOptions extends PlatformOptions {
  /** The name for messages, and what they say of more than `maxBytes`. */
  readonly file: string;
  readonly excess?: string;
}

/**
 * Unpacks a deflate stream.
 * @param bytes the stream, and possibly bytes after it
 * @returns the content, and how many bytes of the input belong to the stream
 * @throws EngineError `bad-file`: damaged, truncated, or more than `maxBytes`
 */
export function inflate(
  bytes: Uint8Array,
  { file, excess = 'it unpacks to more than it may', ...how }: InflateOptions,
): Inflated {
  const result = platform.inflate(bytes, how);
  if (!('failure' in result)) return result;
  const { failure, cause } = result;
  if (failure === 'too-large')
    throw badFile(file, excess, {
      found: `more than ${byteCount(how.maxBytes)}`,
      expected: `at most ${byteCount(how.maxBytes)}`,
      cause,
    });
  const isCut = failure === 'cut-off';
  throw badFile(file, `the compressed data ${isCut ? 'ends too early' : 'is damaged'}`, {
    found: isCut ? `${byteCount(bytes.length)} without an end` : reasonOf(cause),
    expected: 'a whole deflate stream (RFC 1951)',
    cause,
  });
}

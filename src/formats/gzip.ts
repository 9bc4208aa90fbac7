import { badFile, byteCount, hex } from '../base/bad-file.js';
import { checkCrc32, inflate } from './deflate.js';

/**
 * Unpacking of gzip files (RFC 1952) that trusts nothing.
 *
 * Node's own `gunzipSync` ignores what follows the first member and has no bound by default. Here the frame
 * is read by hand and only the deflate stream inside is left to zlib, so that every byte of the file is
 * accounted for.
 */

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
 * @throws EngineError `bad-file`: no gzip, damaged, truncated, checksum or size wrong, more than `maxBytes`,
 *   or bytes after the end
 */
export function gunzip(bytes: Uint8Array, maxBytes: number, file: string): Uint8Array {
  const start = headerLength(bytes, file);
  const { content, consumed } = inflate(bytes.subarray(start), { form: 'raw', maxBytes, file });
  const end = start + consumed;
  if (end + trailer > bytes.length) throw truncated(file, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  checkCrc32('the content', content, view.getUint32(end, true), file);
  const size = view.getUint32(end + 4, true);
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
 * The first bytes of the content (at most about 1 MB, because a deflate stream grows at most 1032-fold), so
 * that a header inside can be read before the size of the whole is known. The checksum is not tested yet.
 * @throws EngineError `bad-file`
 */
export function gunzipStart(bytes: Uint8Array, file: string): Uint8Array {
  const start = headerLength(bytes, file);
  const part = bytes.subarray(start, start + 1024);
  return inflate(part, { form: 'raw', maxBytes: 2 ** 21, file, startOnly: true }).content;
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
  if ((flag & flags.headerCrc) !== 0) {
    if (at + 2 > bytes.length) throw truncated(file, bytes.length);
    checkCrc32('the gzip header', bytes.subarray(0, at), bytes[at]! + 256 * bytes[at + 1]!, file, 0xffff);
    at += 2;
  }
  if (at > bytes.length - trailer) throw truncated(file, bytes.length);
  return at;
}

function truncated(file: string, length: number): Error {
  return badFile(file, 'the gzip data ends too early', {
    found: `${byteCount(length)} without an end`,
    expected: 'a complete gzip member with its checksum and size',
  });
}

import { concatBytes } from '../base/bytes.js';
import { badFile, byteCount, hex } from '../base/bad-file.js';
import { checkCrc32, inflate } from './deflate.js';

/**
 * Unpacking of gzip files (RFC 1952) that trusts nothing.
 *
 * Node's own `gunzipSync` ignores what follows the first member and has no bound by default, and browsers
 * refuse a second member. Here the frame is read by hand and only the deflate stream inside is left to the
 * platform, so that every byte of the file is accounted for.
 */

/** Bits of FLG, RFC 1952 section 2.3.1. */
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const;
const fixedHeader = 10;
const trailer = 8;

/** Members that one file may have: bgzip makes one of each 64 KiB. */
const maxMembers = 65_536;

/** Whether these bytes start like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks a whole gzip file: one member or several (RFC 1952 section 2.2), and zeros behind them, as tapes
 * and block devices leave them.
 *
 * @param bytes the file
 * @param maxBytes the largest size that the content may have; nothing beyond it is ever allocated
 * @param file the name for messages
 * @throws EngineError `bad-file`: no gzip, damaged, truncated, checksum or size wrong, more than `maxBytes`,
 *   or bytes after the end
 */
export function gunzip(bytes: Uint8Array, maxBytes: number, file: string): Uint8Array {
  const contents: Uint8Array[] = [];
  let [start, length] = [0, 0];
  for (let members = 1; members === 1 || isGzip(bytes.subarray(start)); members++) {
    if (members > maxMembers) throw tooManyMembers(file);
    const { content, end } = member(bytes.subarray(start), maxBytes - length, members > 1, file);
    if (content.length > 0) contents.push(content);
    length += content.length;
    start += end;
  }
  if (bytes.subarray(start).some((byte) => byte !== 0))
    throw badFile(file, 'there are bytes after the end of the gzip data', {
      found: `${byteCount(bytes.length - start)} more`,
      expected: 'gzip members, and nothing but zeros after them',
      remedy: 'unpack the file and pack it again with gzip, or replace it',
    });
  return concatBytes(contents);
}

/** Unpacks the member at the start of the bytes; `end` is where the next one may start. */
function member(
  bytes: Uint8Array,
  maxBytes: number,
  isLater: boolean,
  file: string,
): { readonly content: Uint8Array; readonly end: number } {
  const start = headerLength(bytes, file);
  // Later members come in pieces: room for all that is allowed, for each of many, would take too long.
  const options = { maxBytes, file, inPieces: isLater } as const;
  const { content, consumed } = inflate(bytes.subarray(start), options);
  if (content.length > maxBytes) throw tooMuch(file, maxBytes);
  const end = start + consumed + trailer;
  if (end > bytes.length) throw truncated(file, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  checkCrc32('the content', content, view.getUint32(end - trailer, true), file);
  const size = view.getUint32(end - 4, true);
  if (size !== content.length % 2 ** 32)
    throw badFile(file, 'the content does not have the size that the gzip trailer states', {
      found: byteCount(content.length),
      expected: byteCount(size),
    });
  return { content, end };
}

/**
 * The first bytes of the content, at least `wanted` where there are so many (and at most about 1 MB more,
 * because a deflate stream grows at most 1032-fold), so that a header inside can be read before the size of
 * the whole is known. The checksums are not tested yet.
 * @throws EngineError `bad-file`
 */
export function gunzipStart(bytes: Uint8Array, wanted: number, file: string): Uint8Array {
  const parts: Uint8Array[] = [];
  let [start, length] = [0, 0];
  for (let members = 1; length < wanted && (members === 1 || isGzip(bytes.subarray(start))); members++) {
    if (members > maxMembers) throw tooManyMembers(file);
    const first = start + headerLength(bytes.subarray(start), file);
    const options = { maxBytes: 2 ** 21, file, startOnly: true } as const;
    const { content, consumed } = inflate(bytes.subarray(first, first + 1024), options);
    parts.push(content);
    length += content.length;
    start = first + consumed + trailer;
  }
  return concatBytes(parts);
}

/** Checks the gzip header and returns where the deflate stream starts. */
function headerLength(bytes: Uint8Array, file: string): number {
  if (bytes.length >= 2 && !isGzip(bytes))
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

function tooManyMembers(file: string): Error {
  return badFile(file, 'the gzip file has more members than are read', {
    found: `more than ${maxMembers}`,
    expected: `at most ${maxMembers}`,
    remedy: 'unpack the file and pack it again with gzip',
  });
}

function tooMuch(file: string, maxBytes: number): Error {
  return badFile(file, 'it unpacks to more than it may', {
    found: `more than ${byteCount(maxBytes)}`,
    expected: `at most ${byteCount(maxBytes)}`,
  });
}

import { crc32 } from 'node:zlib';
import { badFile, byteCount, printable } from '../base/bad-file.js';
import { checkCrc32 } from './deflate.js';

/** The contents of the chunks that make a picture. */
export interface PngChunks {
  readonly header: Uint8Array;
  readonly palette: Uint8Array | null;
  readonly transparency: Uint8Array | null;
  /** All parts of the picture's data, in order. */
  readonly data: readonly Uint8Array[];
}

export const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/**
 * Walks the chunks of a PNG (W3C PNG specification, third edition, 5) up to its end, and tests the checksum
 * of each. Chunks that a reader may leave out are left out: texts, colour profiles, the frames of an
 * animation. What follows the end is not looked at.
 * @throws EngineError `bad-file`: no PNG, cut off, a wrong checksum, or chunks that are missing, unknown or
 *   there twice
 */
export function readChunks(bytes: Uint8Array, file: string): PngChunks {
  if (!signature.equals(bytes.subarray(0, signature.length)))
    throw badFile(file, 'this is not a PNG', {
      found: printable(Buffer.from(bytes.subarray(0, signature.length)).toString('latin1')) || 'nothing',
      expected: printable(signature.toString('latin1')),
      remedy: 'save the picture as PNG',
    });
  const single = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  let at = signature.length;
  for (;;) {
    const { type, content, end } = chunkAt(bytes, at, file);
    at = end;
    if (type !== 'IHDR' && !single.has('IHDR')) throw strange(file, type, 'IHDR as the first chunk');
    if (type === 'IEND') break;
    if (type === 'IDAT') data.push(content);
    else if (single.has(type)) throw strange(file, `a second ${type}`, 'one');
    else if (['IHDR', 'PLTE', 'tRNS'].includes(type)) single.set(type, content);
    // A small first letter marks what may be left out.
    else if (!/^[a-z]/.test(type)) throw strange(file, type, 'chunks that are known, or may be left out');
  }
  if (data.length === 0) throw strange(file, 'no IDAT', 'at least one');
  return {
    header: single.get('IHDR')!,
    palette: single.get('PLTE') ?? null,
    transparency: single.get('tRNS') ?? null,
    data,
  };
}

function chunkAt(
  bytes: Uint8Array,
  at: number,
  file: string,
): { readonly type: string; readonly content: Uint8Array; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = at + 12 + (at + 12 > bytes.length ? 0 : view.getUint32(at));
  if (end > bytes.length)
    throw badFile(file, 'the PNG ends too early', {
      found: `${byteCount(bytes.length)}, the last chunk needs ${byteCount(end)}`,
      expected: 'whole chunks up to IEND',
    });
  const typed = bytes.subarray(at + 4, end - 4);
  const type = Buffer.from(typed.subarray(0, 4)).toString('latin1');
  checkCrc32(`its chunk ${printable(type)}`, typed, view.getUint32(end - 4), file);
  return { type, content: typed.subarray(4), end };
}

function strange(file: string, found: string, expected: string): Error {
  return badFile(file, 'its chunks are not those of a picture', { found: printable(found), expected });
}

/**
 * A chunk as it lies in a file: the length of its content, its type, its content, and the checksum of both.
 */
export function encodeChunk(type: string, content: Uint8Array): Buffer {
  const chunk = Buffer.alloc(content.length + 12);
  chunk.writeUInt32BE(content.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(content, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), content.length + 8);
  return chunk;
}

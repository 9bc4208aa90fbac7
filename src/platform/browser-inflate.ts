/**
 * Deflate by fflate, where there is no zlib: browsers unpack in streams only, and do not say where one ends.
 * Two to three times slower than zlib.
 */
import { Inflate as InflateStream } from 'fflate';
import { concatBytes } from '../base/bytes.js';
import { assert } from '../base/errors.js';
import type { Inflate } from './contract.js';

/** Bytes that are unpacked at once, to at most 1032 times as many, before the bound is looked at. */
const piece = 2 ** 15;

/** What fflate knows of its place and does not tell; its version is pinned, and tests compare with zlib. */
interface Place {
  /** Bytes that were given and are not used up, the first of them perhaps in part. */
  readonly p: Uint8Array;
  /** `p`: bits of that byte that are used; `f`: this is the last block; `l`: its codes, until its end. */
  readonly s: { readonly p?: number; readonly f?: number; readonly l?: unknown };
}

export const inflate: Inflate = (bytes, { maxBytes, startOnly = false }) => {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const stream = new InflateStream((content) => {
    if (content.length > 0) pieces.push(content);
    length += content.length;
  });
  const place = stream as unknown as Place;
  assert(place.p instanceof Uint8Array, 'this is not the version of fflate that package.json names');
  let given = 0;
  const isAtEnd = (): boolean => place.s.f === 1 && !place.s.l;
  try {
    while (given < bytes.length && !isAtEnd() && length <= maxBytes) {
      stream.push(bytes.subarray(given, given + piece));
      given = Math.min(bytes.length, given + piece);
    }
  } catch (cause) {
    return { failure: 'damaged', cause };
  }
  if (length > maxBytes) return { failure: 'too-large' };
  if (!isAtEnd() && !startOnly) return { failure: 'cut-off' };
  const consumed = given - place.p.length + ((place.s.p ?? 0) > 0 ? 1 : 0);
  return { content: concatBytes(pieces), consumed };
};

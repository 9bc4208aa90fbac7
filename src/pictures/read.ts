/** Reads picture files of the kinds that people have. */
import { badFile, printable, reasonOf } from '../base/bad-file.js';
import { latin1 } from '../base/bytes.js';
import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';
import type { RawPicture } from './plane.js';

/** A picture out of a file. */
export interface Picture extends RawPicture {
  /** What the content of the file is; its name does not count: `png`, `jpeg`, ... */
  readonly format: string;
}

/** Far more than any picture of a character has; not to be read into memory by mistake. */
export const pictureBound = { largest: 2 ** 26, remedy: 'cut out the character' } as const;

/** The largest picture that is read, as 8192 x 8192. */
const mostPixels = 2 ** 26;

/** The longest side: libvips holds some rows at once, and 75 bytes can state a row of four million pixels. */
const mostSide = 2 ** 14;

/** A larger picture is made smaller while it is read: so many pixels show a character well enough. */
const largestSide = 512;

/** What can be read here, for messages. */
export function readableKinds(): string {
  const kinds = platform.pictureKinds;
  return `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`;
}

/**
 * Reads a picture file: its first page or frame, turned as its EXIF orientation says, in sRGB with 8 bits per
 * channel. One with a side of more than 512 pixels is made smaller.
 * @param bytes the whole file
 * @param file the name for messages
 * @throws EngineError `bad-file` naming what it is, if it is no picture of a known kind, is damaged, or has
 *   more than 67 million pixels or 16,384 on a side
 */
export async function decodePicture(bytes: Uint8Array, file: string): Promise<Picture> {
  const kind = kindOf(bytes);
  const limits = { pixels: mostPixels, side: mostSide, shrinkTo: largestSide };
  const decoded = await platform.decodePicture(bytes, limits).catch((cause: unknown) => {
    if (cause instanceof EngineError) throw cause;
    throw badFile(file, kind.isRead ? 'the picture is damaged' : 'this is no picture that can be read', {
      found: kind.isRead ? `${kind.name}: ${reasonOf(cause)}` : kind.name,
      expected: `a picture: ${readableKinds()}`,
      remedy: kind.isRead ? 'replace it by a sound copy' : 'save the picture as PNG',
      cause,
    });
  });
  if ('tooLarge' in decoded) throw tooLarge(file, decoded.tooLarge);
  return { ...decoded, format: kind.name.replace(/^an? /, '').toLowerCase() };
}

function tooLarge(file: string, found: string): EngineError {
  return badFile(file, 'the picture is too large', {
    found,
    expected:
      `at most ${mostPixels.toLocaleString('en-US')} pixels, ` +
      `and ${mostSide.toLocaleString('en-US')} on a side`,
    remedy: 'cut out the character, or make the picture smaller',
  });
}

/** What files begin with: text, or bytes as hexadecimal; what is read comes first. */
const signatures = [
  { name: 'a PNG', start: /^\x89PNG/ },
  { name: 'a JPEG', start: /^\xff\xd8\xff/ },
  { name: 'a WebP', start: /^RIFF[^]{4}WEBP/ },
  { name: 'an AVIF', start: /^[^]{4}ftypavi[fs]/ },
  { name: 'a TIFF', start: /^(II\x2a\0|MM\0\x2a)/ },
  { name: 'a GIF', start: /^GIF8/ },
  { name: 'a HEIC', start: /^[^]{4}ftyp(hei|hev|mif)/ },
  { name: 'a BMP', start: /^BM/ },
  { name: 'a PDF', start: /^%PDF/ },
  { name: 'an SVG', start: /^(\xef\xbb\xbf)?\s*(<\?xml[^]*)?<svg/ },
  { name: 'an HTML page', start: /^\s*<(!doctype html|html)/i },
  { name: 'a zip archive', start: /^PK/ },
] as const;

function kindOf(bytes: Uint8Array): { readonly name: string; readonly isRead: boolean } {
  const start = latin1(bytes.subarray(0, 256));
  const known = signatures.find((each) => each.start.test(start));
  if (known !== undefined)
    return { name: known.name, isRead: platform.pictureKinds.includes(known.name.replace(/^an? /, '')) };
  return { name: start === '' ? 'an empty file' : printable(start.slice(0, 12)), isRead: false };
}

/**
 * Reads picture files of the kinds that people have. sharp decodes them, because libvips reads more kinds,
 * and more safely, than a reader of our own. It is loaded on use.
 */
import type Sharp from 'sharp';
import { badFile, printable, reasonOf } from '../base/bad-file.js';
import { latin1 } from '../base/bytes.js';
import { EngineError } from '../base/errors.js';
import { loadPackage } from '../base/load-package.js';
import { readBounded } from '../platform/json-file.js';
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

/**
 * libvips's loaders of what is read. All others are blocked, SVG and PDF among them, which can do far more.
 */
const loaders = [
  'VipsForeignLoadJpeg',
  'VipsForeignLoadPng',
  'VipsForeignLoadWebp',
  'VipsForeignLoadHeif',
  'VipsForeignLoadTiff',
  'VipsForeignLoadNsgif',
];

const readable = 'a picture: PNG, JPEG, WebP, AVIF, TIFF or GIF';

let loaded: Promise<typeof Sharp> | undefined;

async function loadSharp(): Promise<typeof Sharp> {
  const { default: sharp } = await loadPackage('reading a picture', 'sharp', import('sharp'));
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: loaders });
  // Each picture is read once: to keep it would only take memory.
  sharp.cache(false);
  return sharp;
}

/**
 * Reads a picture file: its first page or frame, turned as its EXIF orientation says, in sRGB with 8 bits per
 * channel. One with a side of more than 512 pixels is made smaller.
 *
 * Memory: the file, 1 MiB, and what libvips needs to decode it: some rows, or where the format asks for it
 * all of them.
 *
 * @throws EngineError `no-data` if it cannot be read; `bad-file` naming what it is, if it is no picture of a
 *   known kind, is damaged, or has more than 64 MiB, 67 million pixels or 16,384 on a side
 */
export async function readPicture(file: string): Promise<Picture> {
  return decodePicture(readBounded({ file, ...pictureBound }), file);
}

/**
 * Reads a picture as `readPicture` does.
 * @param bytes the whole file
 * @param file the name for messages
 */
export async function decodePicture(bytes: Uint8Array, file: string): Promise<Picture> {
  const sharp = await (loaded ??= loadSharp());
  const options = { failOn: 'warning', limitInputPixels: mostPixels } as const;
  try {
    const { format, width, height } = await sharp(bytes, options).metadata();
    if (width * height > mostPixels || Math.max(width, height) > mostSide)
      throw tooLarge(file, `${width} x ${height} pixels`);
    const { data, info } = await sharp(bytes, options)
      .autoOrient()
      .resize({ width: largestSide, height: largestSide, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, rgba: data, format };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const reason = reasonOf(cause);
    if (reason.includes('pixel limit')) throw tooLarge(file, reason);
    const kind = kindOf(bytes);
    throw badFile(file, kind.isRead ? 'the picture is damaged' : 'this is no picture that can be read', {
      found: kind.isRead ? `${kind.name}: ${reason}` : kind.name,
      expected: readable,
      remedy: kind.isRead ? 'replace it by a sound copy' : 'save the picture as PNG',
      cause,
    });
  }
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
  { name: 'a PNG', isRead: true, start: /^\x89PNG/ },
  { name: 'a JPEG', isRead: true, start: /^\xff\xd8\xff/ },
  { name: 'a WebP', isRead: true, start: /^RIFF[^]{4}WEBP/ },
  { name: 'an AVIF', isRead: true, start: /^[^]{4}ftypavi[fs]/ },
  { name: 'a TIFF', isRead: true, start: /^(II\x2a\0|MM\0\x2a)/ },
  { name: 'a GIF', isRead: true, start: /^GIF8/ },
  { name: 'a HEIC', isRead: false, start: /^[^]{4}ftyp(hei|hev|mif)/ },
  { name: 'a BMP', isRead: false, start: /^BM/ },
  { name: 'a PDF', isRead: false, start: /^%PDF/ },
  { name: 'an SVG', isRead: false, start: /^(\xef\xbb\xbf)?\s*(<\?xml[^]*)?<svg/ },
  { name: 'an HTML page', isRead: false, start: /^\s*<(!doctype html|html)/i },
  { name: 'a zip archive', isRead: false, start: /^PK/ },
] as const;

function kindOf(bytes: Uint8Array): { readonly name: string; readonly isRead: boolean } {
  const start = latin1(bytes.subarray(0, 256));
  const known = signatures.find((each) => each.start.test(start));
  if (known !== undefined) return known;
  return { name: start === '' ? 'an empty file' : printable(start.slice(0, 12)), isRead: false };
}

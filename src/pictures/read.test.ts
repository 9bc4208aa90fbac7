import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { integers } from '../../kernels.test/arrays.js';
import { EngineError } from '../base/errors.js';
import { join } from '../formats/testing/bytes.js';
import { assumedFormat } from './input-format.js';
import { convertPicture } from './convert.js';
import { brightness } from './plane.js';
import { readPicture } from './read-file.js';
import { decodePicture, type Picture } from './read.js';
import { channels, chunk, header, png, signature, type PngKind } from './testing/png-writer.js';

const read = (bytes: Uint8Array): Promise<Picture> => decodePicture(bytes, 'a.png');

async function refusal(bytes: Uint8Array): Promise<EngineError> {
  const error: unknown = await read(bytes).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(EngineError);
  expect((error as EngineError).kind).toBe('bad-file');
  return error as EngineError;
}

const palette = Uint8Array.from(integers(768, 11, 256));
const alphas = Uint8Array.from(integers(100, 12, 256));

/** Grey over white, in reals, of the samples of one pixel. */
function toneOf(colour: number, depth: number, samples: readonly number[]): number {
  const grey = (red: number, green: number, blue: number): number =>
    0.299 * red + 0.587 * green + 0.114 * blue;
  const over = (level: number, alpha: number): number => 255 + ((level - 255) * alpha) / 255;
  if (colour === 3) {
    const [red, green, blue] = palette.subarray(3 * samples[0]!);
    return over(grey(red!, green!, blue!), alphas[samples[0]!] ?? 255);
  }
  const [a, b, c, d] = samples.map((sample) => (255 * sample) / (2 ** depth - 1));
  if (colour === 0) return a!;
  if (colour === 4) return over(a!, b!);
  return over(grey(a!, b!, c!), colour === 6 ? d! : 255);
}

function extras(colour: number, depth: number): readonly Uint8Array[] {
  if (colour !== 3) return [];
  return [
    chunk('PLTE', palette.subarray(0, 3 * 2 ** depth)),
    chunk('tRNS', alphas.subarray(0, Math.min(100, 2 ** depth))),
  ];
}

describe('a PNG', () => {
  const kinds = [
    ...[1, 2, 4, 8, 16].map((depth) => [0, depth] as const),
    ...[8, 16].map((depth) => [2, depth] as const),
    ...[1, 2, 4, 8].map((depth) => [3, depth] as const),
    ...[8, 16].flatMap((depth) => [[4, depth] as const, [6, depth] as const]),
  ];

  test.each(kinds)('of colour type %i with %i bits, interlaced or not', async (colour, depth) => {
    for (const interlaced of [false, true]) {
      const kind: PngKind = { width: 11, height: 9, colour, depth, interlaced };
      const perPixel = channels[colour]!;
      const samples = integers(99 * perPixel, 100 * colour + depth, 2 ** depth);
      const { levels } = brightness(await read(png(kind, samples, ...extras(colour, depth))), 255);
      levels.forEach((level, i) => {
        const tone = toneOf(colour, depth, [...samples.subarray(i * perPixel, (i + 1) * perPixel)]);
        // Channels, alpha and brightness are each rounded to 8 bits.
        expect(Math.abs(level - tone)).toBeLessThan(2.1);
      });
    }
  });

  const kind: PngKind = { width: 6, height: 5, colour: 0, depth: 8 };
  const sound = png(kind, integers(30, 5, 256));

  test('that is cut off anywhere is refused', async () => {
    for (let length = 0; length < sound.length - 12; length++) await refusal(sound.subarray(0, length));
  });

  test('of too many pixels is refused before it is unpacked', async () => {
    const large = header({ ...kind, width: 12_000, height: 12_000 });
    const error = await refusal(join(signature, large, chunk('IDAT', [1]), chunk('IEND')));
    expect(error.describe()).toMatch(/too large[^]*at most 67,108,864 pixels/);
    const wide = header({ ...kind, width: 4_194_308, height: 4 });
    const second = await refusal(join(signature, wide, chunk('IDAT', [1]), chunk('IEND')));
    expect(second.describe()).toMatch(/too large[^]*16,384 on a side/);
  });
});

describe('a picture', () => {
  const drawn = sharp({ create: { width: 40, height: 60, channels: 3, background: '#fff' } }).composite([
    {
      input: { create: { width: 8, height: 20, channels: 3, background: '#000' } },
      left: 4,
      top: 6,
    },
  ]);

  test.each(['jpeg', 'webp', 'avif', 'tiff', 'gif', 'png'] as const)('as %s', async (format) => {
    const picture = await read(await drawn.clone().toFormat(format).toBuffer());
    expect([picture.width, picture.height]).toEqual([40, 60]);
    expect(picture.format).toBe(format);
    const { levels } = brightness(picture, 255);
    expect(levels[16 * 40 + 8]).toBeLessThan(40);
    expect(levels[50 * 40 + 30]).toBeGreaterThan(215);
  });

  test('in CMYK or with 16 bits is what a viewer shows', async () => {
    const files = [
      await drawn.clone().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(),
      await drawn.clone().toColourspace('rgb16').png().toBuffer(),
    ];
    for (const bytes of files) {
      const { levels } = brightness(await read(bytes), 255);
      expect(levels[16 * 40 + 8]).toBeLessThan(60);
      expect(levels[50 * 40 + 30]).toBeGreaterThan(240);
    }
  });

  /**
   * Where the pixel of the upright picture at (row, column) comes from in a stored one of 60 rows, 40
   * columns.
   */
  const stored: Readonly<Record<number, (row: number, column: number) => readonly [number, number]>> = {
    1: (r, c) => [r, c],
    2: (r, c) => [r, 39 - c],
    3: (r, c) => [59 - r, 39 - c],
    4: (r, c) => [59 - r, c],
    5: (r, c) => [c, r],
    6: (r, c) => [59 - c, r],
    7: (r, c) => [59 - c, 39 - r],
    8: (r, c) => [c, 39 - r],
  };

  test.each(Object.keys(stored).map(Number))(
    'of EXIF orientation %i is turned upright',
    async (orientation) => {
      const grey = Uint8Array.from(integers(2400, 9, 256));
      const bytes = await sharp(grey, { raw: { width: 40, height: 60, channels: 1 } })
        .toColourspace('b-w')
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const picture = await read(bytes);
      expect([picture.width, picture.height]).toEqual(orientation > 4 ? [60, 40] : [40, 60]);
      const { levels } = brightness(picture, 255);
      for (let row = 0; row < picture.height; row += 7)
        for (let column = 0; column < picture.width; column += 7) {
          const [y, x] = stored[orientation]!(row, column);
          expect(levels[row * picture.width + column]).toBe(grey[y * 40 + x]);
        }
    },
  );

  test('with a long side is made smaller', async () => {
    const { width, height } = await read(await drawn.clone().resize(2000, 3000).png().toBuffer());
    expect([width, height]).toEqual([341, 512]);
  });
});

describe('what is no picture is named', () => {
  test.each([
    [
      'an SVG',
      '<svg xmlns="http://www.w3.org/2000/svg" width="28" height="28"><rect width="9" height="9"/></svg>',
    ],
    ['an SVG', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>'],
    ['a PDF', '%PDF-1.7\n'],
    ['an HTML page', '<!DOCTYPE html><html></html>'],
    ['a BMP', 'BM\0\0\0\0'],
    ['a HEIC', '\0\0\0\x18ftypheic\0\0\0\0'],
    ['an empty file', ''],
    ['some text', 'some text'],
  ])('%s', async (name, content) => {
    expect((await refusal(Buffer.from(content, 'latin1'))).found).toBe(name);
  });

  test('a damaged one says what it is', async () => {
    const bytes = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#333' } })
      .jpeg()
      .toBuffer();
    expect((await refusal(bytes.subarray(0, 200))).describe()).toMatch(/the picture is damaged\n.*a JPEG: /);
  });
});

describe('the kinds of one character', () => {
  const folder = fileURLToPath(new URL('../../../shared/cases/pictures/kinds', import.meta.url));
  const isThere = existsSync(folder);
  if (!isThere) console.log('skipped: ../shared/cases/pictures/kinds is not there');

  test.skipIf(!isThere)('become almost the same image', async () => {
    const format = assumedFormat({ rows: 28, columns: 28 });
    const images = await Promise.all(
      readdirSync(folder).map(async (name) => {
        const file = `${folder}/${name}`;
        return convertPicture(await readPicture(file), format, file).pixels;
      }),
    );
    const first = images[0]!;
    expect(images.length).toBeGreaterThan(5);
    for (const image of images) {
      const apart = image.reduce((sum, level, i) => sum + Math.abs(level - first[i]!), 0) / 784;
      // Another character of kmnist10k is some 60 levels away. In one of them the character is cut off.
      expect(apart).toBeLessThan(23);
    }
  });
});

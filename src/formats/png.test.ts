import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { decodePng, type Picture } from './png.js';
import { maxPixels } from './png-frame.js';
import { encodePng } from './png.js';
import { integers } from '../../kernels.test/arrays.js';
import { expectBadFile, join, u32be } from './testing/bytes.js';
import { channels, chunk, header, png, rows, signature, type PngKind } from './testing/png-writer.js';

const name = 'a.png';

const kinds = [
  ...[1, 2, 4, 8, 16].map((depth) => [0, depth] as const),
  ...[8, 16].map((depth) => [2, depth] as const),
  ...[1, 2, 4, 8].map((depth) => [3, depth] as const),
  ...[8, 16].flatMap((depth) => [[4, depth] as const, [6, depth] as const]),
];

/** Red, green and blue of 256 colours. */
const palette = Uint8Array.from(integers(768, 11, 256));
const alphas = Uint8Array.from(integers(100, 12, 256));

function samplesOf({ width, height, colour, depth }: PngKind): Uint32Array {
  return integers(width * height * channels[colour]!, 100 * colour + depth, 2 ** depth);
}

/** Grey and alpha of one pixel, in reals. */
function toneOf(colour: number, depth: number, samples: readonly number[]): readonly [number, number] {
  const grey = (red: number, green: number, blue: number): number =>
    0.299 * red + 0.587 * green + 0.114 * blue;
  if (colour === 3) {
    const [red, green, blue] = palette.subarray(3 * samples[0]!);
    return [grey(red!, green!, blue!), alphas[samples[0]!] ?? 255];
  }
  const [a, b, c, d] = samples.map((sample) => (255 * sample) / (2 ** depth - 1));
  if (colour === 0) return [a!, 255];
  if (colour === 4) return [a!, b!];
  return [grey(a!, b!, c!), colour === 6 ? d! : 255];
}

function extras(colour: number, depth: number): readonly Uint8Array[] {
  if (colour !== 3) return [];
  return [
    chunk('PLTE', palette.subarray(0, 3 * 2 ** depth)),
    chunk('tRNS', alphas.subarray(0, Math.min(100, 2 ** depth))),
  ];
}

describe('a picture', () => {
  const all = kinds.flatMap(([colour, depth]) =>
    [false, true].map((interlaced) => ({ colour, depth, interlaced })),
  );

  test.each(all)(
    'of colour type $colour with $depth bits, interlaced: $interlaced',
    ({ colour, depth, interlaced }) => {
      for (const [width, height] of [
        [1, 1],
        [3, 2],
        [5, 8],
        [19, 13],
      ] as const) {
        const kind: PngKind = {
          width,
          height,
          colour,
          depth,
          interlaced,
          filter: (row) => (row + depth) % 5,
        };
        const samples = samplesOf(kind);
        const picture = decodePng(png(kind, samples, ...extras(colour, depth)), name);
        expect([picture.width, picture.height]).toEqual([width, height]);
        const perPixel = channels[colour]!;
        for (let pixel = 0; pixel < width * height; pixel++) {
          const [grey, alpha] = toneOf(colour, depth, [
            ...samples.subarray(pixel * perPixel, (pixel + 1) * perPixel),
          ]);
          expect(Math.abs(picture.grey[pixel]! - grey)).toBeLessThan(0.501);
          expect(Math.abs(picture.alpha[pixel]! - alpha)).toBeLessThan(0.501);
        }
      }
    },
  );

  test.each([0, 1, 2, 3, 4])('with rows of filter %i', (filter) => {
    const kind: PngKind = { width: 31, height: 9, colour: 6, depth: 8, filter: () => filter };
    const plain = { ...kind, filter: () => 0 };
    expect(decodePng(png(kind, samplesOf(kind)), name)).toEqual(decodePng(png(plain, samplesOf(kind)), name));
  });

  test('with one transparent colour', () => {
    const grey: PngKind = { width: 3, height: 1, colour: 0, depth: 4 };
    expect(decodePng(png(grey, [15, 3, 0], chunk('tRNS', [0, 3])), name).alpha).toEqual(
      Uint8Array.of(255, 0, 255),
    );
    const coloured: PngKind = { width: 2, height: 1, colour: 2, depth: 16 };
    const key = chunk('tRNS', [1, 2, 3, 4, 5, 6]);
    const samples = [0x102, 0x304, 0x506, 0x102, 0x304, 0x507];
    expect(decodePng(png(coloured, samples, key), name).alpha).toEqual(Uint8Array.of(0, 255));
  });

  test('as the report writes it, in grey and in colours', () => {
    const pixels = Uint8Array.from(integers(20 * 30, 3, 256));
    const grey = decodePng(encodePng({ width: 20, height: 30, channels: 1, pixels }), name);
    expect(grey).toEqual({ width: 20, height: 30, grey: pixels, alpha: new Uint8Array(600).fill(255) });
    const tripled = Uint8Array.from({ length: 1800 }, (_, i) => pixels[Math.floor(i / 3)]!);
    expect(decodePng(encodePng({ width: 20, height: 30, channels: 3, pixels: tripled }), name)).toEqual(grey);
  });

  test('in any number of parts, with chunks that may be left out, and bytes after the end', () => {
    const data = deflateSync(rows(small, samplesOf(small)));
    const parts = Array.from(data, (byte) => chunk('IDAT', [byte]));
    const file = join(
      signature,
      header(small),
      chunk('iCCP', join('x\0\0', deflateSync(new Uint8Array(1_000_000)))),
      chunk('acTL', [0, 0, 0, 2, 0, 0, 0, 0]),
      chunk('IDAT'),
      ...parts,
      chunk('fdAT', [1, 2, 3]),
      chunk('tEXt', join('Title\0x')),
      chunk('IEND'),
      'and more',
    );
    expect(decodePng(file, name)).toEqual(decodePng(sound, name));
  });
});

const small: PngKind = { width: 6, height: 5, colour: 0, depth: 8 };
const sound = png(small, samplesOf(small));
const data = rows(small, samplesOf(small));
const withData = (content: Uint8Array, kind: PngKind = small): Uint8Array =>
  join(signature, header(kind), chunk('IDAT', content), chunk('IEND'));
const changed = (change: Partial<PngKind>): Uint8Array =>
  withData(deflateSync(data), { ...small, ...change });
const indexed: PngKind = { width: 2, height: 1, colour: 3, depth: 8 };
const longHeader = chunk('IHDR', join(u32be(6, 5), [8, 0, 0, 0, 0, 0]));
const methods = (...last: readonly number[]): Uint8Array =>
  join(
    signature,
    chunk('IHDR', join(u32be(6, 5), [8, 0], last)),
    chunk('IDAT', deflateSync(data)),
    chunk('IEND'),
  );

const bad: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
  ['nothing', new Uint8Array(), /not a PNG[^]*found: +nothing/],
  ['a JPEG', join([0xff, 0xd8, 0xff, 0xe0], new Uint8Array(100)), /not a PNG[^]*\\u00ff\\u00d8/],
  ['an HTML page', join('<!doctype html><title>404</title>'), /not a PNG[^]*<!doctyp/],
  [
    'line ends changed on the way',
    join(signature.subarray(0, 4), [10, 26, 10], sound.subarray(8)),
    /not a PNG/,
  ],
  ['a signature alone', signature, /ends too early/],
  ['no end', join(signature, header(small), chunk('IDAT', deflateSync(data))), /ends too early/],
  [
    'a chunk longer than the file',
    join(signature, u32be(2 ** 32 - 1), 'IHDR', new Uint8Array(50)),
    /ends too early/,
  ],
  ['a wrong checksum', join(signature, chunk('IHDR', new Uint8Array(13), 1)), /IHDR does not match/],
  ['control codes for a type', join(signature, chunk('\x1b[2J', [], 1)), /\\u001b\[2J does not match/],
  ['no header', join(signature, chunk('IDAT', deflateSync(data)), chunk('IEND')), /IHDR as the first/],
  ['only an end', join(signature, chunk('IEND')), /IHDR as the first/],
  ['two headers', join(signature, header(small), header(small), chunk('IEND')), /a second IHDR/],
  ['two palettes', join(signature, header(small), chunk('PLTE'), chunk('PLTE')), /a second PLTE/],
  ['no data', join(signature, header(small), chunk('IEND')), /no IDAT/],
  ['a chunk that nobody may leave out', join(signature, header(small), chunk('CgBI')), /CgBI/],
  [
    'a header of 12 bytes',
    join(signature, chunk('IHDR', new Uint8Array(12)), chunk('IDAT'), chunk('IEND')),
    /header is not/,
  ],
  [
    'a header of 14 bytes',
    join(signature, longHeader, chunk('IDAT', deflateSync(data)), chunk('IEND')),
    /header is not/,
  ],
  ['a depth of 3', changed({ depth: 3 }), /depth 3/],
  ['a depth of 0', changed({ depth: 0 }), /depth 0/],
  ['colours of 4 bits', changed({ colour: 2, depth: 4 }), /depth 4, colour type 2/],
  ['a palette of 16 bits', changed({ colour: 3, depth: 16 }), /depth 16, colour type 3/],
  ['colour type 1', changed({ colour: 1 }), /colour type 1/],
  ['colour type 7', changed({ colour: 7 }), /colour type 7/],
  ['another compression', methods(1, 0, 0), /methods 1, 0, 0/],
  ['another filter method', methods(0, 64, 0), /methods 0, 64, 0/],
  ['another interlace method', methods(0, 0, 2), /methods 0, 0, 2/],
  ['no columns', changed({ width: 0 }), /0 x 5 pixels/],
  ['no rows', changed({ height: 0 }), /6 x 0 pixels/],
  [
    'too many bytes per pixel',
    join(
      signature,
      header({ width: 4096, height: 4096, depth: 16, colour: 6 }),
      chunk('IDAT', [1]),
      chunk('IEND'),
    ),
    /134,217,728 bytes[^]*at most 67,108,864 bytes/,
  ],
  ['too many pixels', changed({ width: maxPixels, height: 2 }), /16777216 x 2 pixels/],
  ['a side of 2^32 - 1', changed({ width: 2 ** 32 - 1, height: 2 ** 32 - 1 }), /too large/],
  ['far fewer bytes than pixels', changed({ width: 4096, height: 4096 }), /as many pixels[^]*packed/],
  ['one row too few', changed({ height: 6 }), /as many pixels[^]*35 bytes\n +expected: 42 bytes/],
  ['one row too many', changed({ height: 4 }), /as many pixels[^]*more than 28 bytes/],
  ['interlaced in the header only', changed({ interlaced: true }), /as many pixels/],
  ['a bomb', withData(deflateSync(new Uint8Array(50_000_000))), /more than 35 bytes/],
  ['data that is not packed', withData(data), /compressed data is damaged/],
  ['packed data cut off', withData(deflateSync(data).subarray(0, -6)), /compressed data ends too early/],
  [
    'a wrong checksum of the packed data',
    withData(join(deflateSync(data).subarray(0, -1), [0])),
    /compressed data is damaged/,
  ],
  ['no packed data', withData(new Uint8Array()), /as many pixels/],
  ['filter 5', withData(deflateSync(data.map((byte, i) => (i === 7 ? 5 : byte)))), /filter 5/],
  ['no palette', png(indexed, [0, 1]), /palette is not sound/],
  ['half a colour', png(indexed, [0, 0], chunk('PLTE', [1, 2, 3, 4])), /palette is not sound/],
  ['257 colours', png(indexed, [0, 0], chunk('PLTE', new Uint8Array(771))), /palette is not sound/],
  [
    'a colour beyond the palette',
    png(indexed, [0, 2], chunk('PLTE', new Uint8Array(6))),
    /colour 2[^]*0 to 1/,
  ],
  [
    'more alphas than colours',
    png(indexed, [0, 0], chunk('PLTE', [1, 2, 3]), chunk('tRNS', [1, 2])),
    /palette is not sound/,
  ],
  ['half a transparent colour', png(small, samplesOf(small), chunk('tRNS', [1])), /transparent colour/],
];

describe('bad files', () => {
  test('differ from a sound one', () => {
    expect(decodePng(sound, name).grey).toEqual(Uint8Array.from(samplesOf(small)));
  });

  test.each(bad)('%s', (_, content, message) => expectBadFile(() => decodePng(content, name), name, message));

  test('every way to cut a sound file', async () => {
    for (let length = 0; length < sound.length; length++)
      await expectBadFile(() => decodePng(sound.subarray(0, length), name), name, /./);
  });

  test('no flipped bit changes what is read', () => {
    for (let bit = 0; bit < sound.length * 8; bit++) {
      const damaged = Uint8Array.from(sound);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodePng(damaged, name)).toThrow(EngineError);
    }
  });

  test('chunks with whatever content, under right checksums, are refused by name or give a whole picture', () => {
    const rounds = 5_000;
    const draws = integers(4 * rounds, 6, 2 ** 32);
    let refused = 0;
    for (let round = 0; round < rounds; round++) {
      try {
        expect(isWhole(decodePng(mutated(draws.subarray(4 * round, 4 * round + 4)), name))).toBe(true);
      } catch (error) {
        if (!(error instanceof EngineError) || error.kind !== 'bad-file') throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(rounds / 10);
    expect(refused).toBeLessThan(rounds);
  });
});

function isWhole({ width, height, grey, alpha }: Picture): boolean {
  return grey.length === width * height && alpha.length === width * height;
}

/**
 * A picture with a palette of which one byte is another, in the header, the palette, the alphas, or the rows.
 */
function mutated([which, where, value, kind]: Uint32Array): Uint8Array {
  const [colour, depth] = kinds[kind! % kinds.length]!;
  const start: PngKind = { width: 6, height: 5, colour, depth, interlaced: kind! % 2 === 0 };
  const parts = [
    join(u32be(6, 5), [depth, colour, 0, 0, kind! % 2 === 0 ? 1 : 0]),
    palette.subarray(0, 3 * Math.min(256, 2 ** depth)),
    alphas.subarray(0, 2),
    rows(start, samplesOf(start)),
  ];
  const part = which! % 4;
  const at = where! % parts[part]!.length;
  parts[part] = Uint8Array.from(parts[part]!, (byte, i) => (i === at ? value! & 255 : byte));
  const [first, colours, transparency, lines] = parts as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  return join(
    signature,
    chunk('IHDR', first),
    chunk('PLTE', colours),
    ...(colour === 3 || colour === 0 ? [chunk('tRNS', transparency)] : []),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND'),
  );
}

import { crc32, deflateSync } from 'node:zlib';
import { join, u32be } from '../../formats/testing/bytes.js';

/** Builds PNGs of every kind, right by default and wrong where a test says so. */

export interface PngKind {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colour: number;
  readonly interlaced?: boolean;
  /** Of row r of a pass: its filter; 0 by default. */
  readonly filter?: (row: number) => number;
}

export const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

export const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function chunk(
  type: string,
  content: Uint8Array | readonly number[] = [],
  checksum?: number,
): Uint8Array {
  const typed = join(type, content);
  return join(u32be(typed.length - 4), typed, u32be(checksum ?? crc32(typed)));
}

export function header({ width, height, depth, colour, interlaced }: PngKind): Uint8Array {
  return chunk('IHDR', join(u32be(width, height), [depth, colour, 0, 0, interlaced === true ? 1 : 0]));
}

/**
 * A file of these samples, `channels` per pixel, row by row; `extra` stands between the header and the data.
 */
export function png(kind: PngKind, samples: ArrayLike<number>, ...extra: readonly Uint8Array[]): Uint8Array {
  return join(
    signature,
    header(kind),
    ...extra,
    chunk('IDAT', deflateSync(rows(kind, samples))),
    chunk('IEND'),
  );
}

/** The rows of all passes, packed and filtered. */
export function rows(kind: PngKind, samples: ArrayLike<number>): Uint8Array {
  const { width, height, depth } = kind;
  const perPixel = channels[kind.colour]!;
  const distance = Math.max(1, (depth * perPixel) / 8);
  const passes = kind.interlaced === true ? 7 : 1;
  const parts: Uint8Array[] = [];
  for (let pass = 0; pass < passes; pass++) {
    let above: Uint8Array | undefined;
    let number = 0;
    for (let y = 0; y < height; y++) {
      let bits = '';
      for (let x = 0; x < width; x++) {
        if (passes === 7 && passOf(x, y) !== pass) continue;
        for (let channel = 0; channel < perPixel; channel++)
          bits += samples[(y * width + x) * perPixel + channel]!.toString(2).padStart(depth, '0');
      }
      if (bits === '') continue;
      const line = Uint8Array.from(bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!, (byte) =>
        parseInt(byte, 2),
      );
      const filter = kind.filter?.(number++) ?? 0;
      parts.push(
        Uint8Array.of(filter),
        filtered(filter, line, above ?? new Uint8Array(line.length), distance),
      );
      above = line;
    }
  }
  return join(...parts);
}

/** The pass of Adam7 that a pixel belongs to, from the picture of the 8 x 8 pattern in the specification. */
function passOf(x: number, y: number): number {
  const pattern = [
    '16462646',
    '77777777',
    '56565656',
    '77777777',
    '36463646',
    '77777777',
    '56565656',
    '77777777',
  ];
  return Number(pattern[y % 8]![x % 8]!) - 1;
}

function filtered(filter: number, line: Uint8Array, above: Uint8Array, distance: number): Uint8Array {
  return line.map((value, i) => {
    const a = line[i - distance] ?? 0;
    const b = above[i]!;
    const c = above[i - distance] ?? 0;
    const [nearest] = [a, b, c].toSorted((p, q) => Math.abs(a + b - c - p) - Math.abs(a + b - c - q));
    return value - [0, a, b, Math.floor((a + b) / 2), nearest!][filter]!;
  });
}

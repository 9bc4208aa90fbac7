import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { contactSheet } from './contact-sheet.js';
import { drawText, letterAdvance, letterHeight } from './pixel-font.js';
import { encodePng, type Raster } from '../formats/png.js';

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** The chunks of a PNG; sums are checked by a bitwise CRC-32, apart from the encoder's. */
function readChunks(png: Buffer): readonly Chunk[] {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const chunks: Chunk[] = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    const typed = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(bitwiseCrc(typed));
    chunks.push({ type: typed.toString('latin1', 0, 4), data: typed.subarray(4) });
    at += 12 + length;
  }
  return chunks;
}

function bitwiseCrc(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Undoes filters 0 (none) and 2 (up). */
function decode(png: Buffer): Raster {
  const chunks = readChunks(png);
  const header = chunks[0]!.data;
  const [width, height, channels] = [
    header.readUInt32BE(0),
    header.readUInt32BE(4),
    header[9] === 2 ? 3 : 1,
  ] as const;
  const data = chunks.filter(({ type }) => type === 'IDAT').map((idat) => idat.data);
  const rows = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const filter = rows[row * (stride + 1)]!;
    expect([0, 2]).toContain(filter);
    for (let i = 0; i < stride; i++) {
      const above = filter === 2 && row > 0 ? pixels[(row - 1) * stride + i]! : 0;
      pixels[row * stride + i] = rows[row * (stride + 1) + 1 + i]! + above;
    }
  }
  return { width, height, channels, pixels };
}

describe('PNG', () => {
  const bytes = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, i) => (i * i * 37) >> 3);

  test.each([
    { width: 1, height: 1, channels: 1, pixels: Uint8Array.of(200) },
    { width: 7, height: 5, channels: 1, pixels: bytes(35) },
    { width: 3, height: 4, channels: 3, pixels: bytes(36) },
    { width: 5, height: 6, channels: 1, pixels: new Uint8Array(30).fill(255) },
  ] as const)('$width x $height x $channels comes back as it went in', (raster) => {
    expect(decode(encodePng(raster))).toEqual(raster);
  });

  test('begins with the header, ends with the end, carries notes', () => {
    const chunks = readChunks(
      encodePng({ width: 2, height: 1, channels: 3, pixels: bytes(6) }, { Copyright: 'CC' }),
    );
    expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'tEXt', 'IDAT', 'IEND']);
    expect(Array.from(chunks[0]!.data)).toEqual([0, 0, 0, 2, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
    expect(chunks[1]!.data.toString('latin1')).toBe('Copyright\0CC');
  });

  test('refuses pixels that do not fill the frame, and empty frames', () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 1, pixels: bytes(5) })).toThrow('fill its frame');
    expect(() => encodePng({ width: 0, height: 2, channels: 1, pixels: bytes(0) })).toThrow('fill its frame');
  });
});

describe('pixel font', () => {
  const inked = (text: string): readonly string[] => {
    const pixels: string[] = [];
    drawText(text, (x, y) => pixels.push(`${x},${y}`));
    return pixels;
  };

  test('letters have shapes of their own inside their cells', () => {
    const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.,-()');
    expect(new Set(letters.map((letter) => inked(letter).join(' '))).size).toBe(letters.length);
    for (const pixel of letters.flatMap(inked)) {
      const [x, y] = pixel.split(',').map(Number) as [number, number];
      expect(x).toBeLessThan(letterAdvance - 1);
      expect(y).toBeLessThan(letterHeight);
    }
  });

  test('small letters are capitals, unknown ones question marks, spaces nothing', () => {
    expect(inked('tsu')).toEqual(inked('TSU'));
    expect(inked('お')).toEqual(inked('?'));
    expect(inked(' ')).toEqual([]);
  });
});

describe('contact sheet', () => {
  const set = {
    title: 'A',
    rows: 2,
    columns: 2,
    pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    labels: Uint8Array.of(1, 0, 1),
  };
  const options = { classNames: ['no', 'yes'], perClass: 2, scale: 3 };
  const shadesOf = ({ pixels }: Raster): ReadonlySet<number> => new Set(pixels);

  test('shows the first images of each class, in their row, enlarged', () => {
    const sheet = contactSheet([set], options);
    const cornerOf = (shade: number): readonly number[] => {
      const at = sheet.pixels.indexOf(shade);
      return [at % sheet.width, Math.floor(at / sheet.width)];
    };
    const [left, top] = cornerOf(5) as [number, number];
    expect(cornerOf(8)).toEqual([left + 3, top + 3]);
    expect(cornerOf(1)).toEqual([left, top + 9]);
    expect(cornerOf(9)).toEqual([left + 9, top + 9]);
    expect(sheet.pixels.filter((pixel) => pixel === 12)).toHaveLength(9);
  });

  test('leaves out what is beyond the number per class, and grows by a block per set', () => {
    const one = contactSheet([set], { ...options, perClass: 1 });
    expect(shadesOf(one).has(9)).toBe(false);
    const two = contactSheet([set, { ...set, pixels: set.pixels.map((pixel) => pixel + 100) }], options);
    expect(two.width).toBeGreaterThan(contactSheet([set], options).width);
    expect(shadesOf(two).has(112)).toBe(true);
  });

  test('a note takes a line of its own', () => {
    const plain = contactSheet([set], options);
    const noted = contactSheet([set], { ...options, note: 'CC' });
    expect(noted.height).toBeGreaterThan(plain.height);
    expect(noted.pixels.subarray(0, plain.width * (plain.height - 8))).toEqual(
      plain.pixels.subarray(0, plain.width * (plain.height - 8)),
    );
  });

  test.each([{ perClass: 0 }, { scale: 1.5 }, { classNames: [] }])('refuses %j', (change) => {
    expect(() => contactSheet([set], { ...options, ...change })).toThrow('A contact sheet needs');
  });

  test('refuses no sets', () => {
    expect(() => contactSheet([], options)).toThrow('A contact sheet needs');
  });
});

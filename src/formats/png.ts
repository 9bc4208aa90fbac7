/** Writes PNGs, in the same bytes everywhere; sharp, which reads them, would be loaded for every report. */
import { crc32, deflateSync } from 'node:zlib';
import { EngineError } from '../base/errors.js';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

/**
 * An image with one byte per channel, row by row from the top; channels: 1 is grey, 3 is red, green, blue.
 */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

/**
 * Encodes a PNG (W3C PNG specification, third edition): 8 bits per channel, one zlib stream.
 * @param text Latin-1 notes by keyword, stored with the image, such as `Copyright`
 * @throws EngineError `bug` if the pixels do not fill width x height x channels
 */
export function encodePng(raster: Raster, text: Readonly<Record<string, string>> = {}): Buffer {
  const { width, height, channels, pixels } = raster;
  const expected = width * height * channels;
  if (!(expected > 0) || pixels.length !== expected)
    throw new EngineError('bug', 'A PNG needs pixels that fill its frame', {
      found: `${pixels.length} bytes`,
      expected: `${width} x ${height} x ${channels} = ${expected}`,
    });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = channels === 1 ? 0 : 2;
  return Buffer.concat([
    signature,
    encodeChunk('IHDR', header),
    ...Object.entries(text).map(([keyword, value]) =>
      encodeChunk('tEXt', Buffer.from(`${keyword}\0${value}`, 'latin1')),
    ),
    encodeChunk('IDAT', deflateSync(filterRows(pixels, height), { level: 9 })),
    encodeChunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * Rows as they are packed: each behind the number of its filter, 0 (none) or 2 (up), whichever is smaller in
 * sum.
 */
function filterRows(pixels: Uint8Array, height: number): Uint8Array {
  const stride = pixels.length / height;
  const filtered = new Uint8Array(pixels.length + height);
  const above = new Uint8Array(stride);
  const difference = new Uint8Array(stride);
  for (let row = 0; row < height; row++) {
    const current = pixels.subarray(row * stride, (row + 1) * stride);
    for (let i = 0; i < stride; i++) difference[i] = current[i]! - above[i]!;
    const up = weight(difference) < weight(current);
    filtered[row * (stride + 1)] = up ? 2 : 0;
    filtered.set(up ? difference : current, row * (stride + 1) + 1);
    above.set(current);
  }
  return filtered;
}

/**
 * The specification's heuristic for choosing a filter: the sum of the bytes taken as signed, without their
 * signs.
 */
function weight(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + Math.min(byte, 256 - byte), 0);
}

/**
 * A chunk as it lies in a file: the length of its content, its type, its content, and the checksum of both.
 */
function encodeChunk(type: string, content: Uint8Array): Buffer {
  const chunk = Buffer.alloc(content.length + 12);
  chunk.writeUInt32BE(content.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(content, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), content.length + 8);
  return chunk;
}

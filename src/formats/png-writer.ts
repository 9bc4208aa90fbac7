import { crc32, deflateSync } from 'node:zlib';
import { EngineError } from '../base/errors.js';

/** An image with one byte per channel, row by row from the top; channels: 1 is grey, 3 is red, green, blue. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Colour types of the format's header. */
const colourTypes = { 1: 0, 3: 2 } as const;

/**
 * Encodes a PNG (W3C PNG specification, third edition): 8 bits per channel, one zlib stream, each row as it is or as its
 * difference from the row above, whichever is smaller in sum.
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
  header[9] = colourTypes[channels];
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    ...Object.entries(text).map(([keyword, value]) =>
      chunk('tEXt', Buffer.from(`${keyword}\0${value}`, 'latin1')),
    ),
    chunk('IDAT', deflateSync(filterRows(raster), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(typed.length + 8);
  frame.writeUInt32BE(data.length, 0);
  typed.copy(frame, 4);
  frame.writeUInt32BE(crc32(typed), typed.length + 4);
  return frame;
}

/** Each row behind its filter's number: 0 none, 2 up. */
function filterRows({ height, pixels }: Raster): Uint8Array {
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

/** The specification's heuristic for choosing a filter: the sum of the bytes taken as signed, without their signs. */
function weight(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + Math.min(byte, 256 - byte), 0);
}

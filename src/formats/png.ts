import { deflateSync } from 'node:zlib';
import { badFile, byteCount } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { encodeChunk, readChunks, signature, type PngChunks } from './png-chunks.js';
import { filterRows, unfilter } from './png-filters.js';
import { colourTypes, passesOf, readHeader, unpackRows, type PngHeader } from './png-frame.js';

/** A picture without its colours, row by row from the top, one byte each per pixel. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 0 black to 255 white, as the file states it: no gamma or colour profile is applied. */
  readonly grey: Uint8Array;
  /** 0 transparent to 255 opaque. */
  readonly alpha: Uint8Array;
}

/**
 * Reads a PNG of any kind: grey, colours or palette, 1 to 16 bits, with or without alpha, interlaced or not.
 * Of an animation it reads the still picture.
 *
 * Memory: the file again, at most 65 MiB for the unpacked rows, and 32 MiB for the result.
 *
 * @param bytes the whole file
 * @param file the name for messages
 * @throws EngineError `bad-file`
 */
export function decodePng(bytes: Uint8Array, file: string): Picture {
  const chunks = readChunks(bytes, file);
  const header = readHeader(chunks.header, file);
  const { width, height, depth, colour } = header;
  const passes = passesOf(header);
  const rows = unpackRows(chunks.data, passes, file);
  const toneOf = toneReader(header, chunks, file);
  const grey = new Uint8Array(width * height);
  const alpha = new Uint8Array(width * height);
  const { channels } = colourTypes[colour];
  const bytesPerPixel = Math.max(1, (depth * channels) / 8);
  const samples: number[] = Array.from({ length: channels }, () => 0);
  let at = 0;
  for (const pass of passes) {
    let above = new Uint8Array(pass.bytesPerRow);
    for (let row = 0; row < pass.rows; row++) {
      const line = rows.subarray(at + 1, at + 1 + pass.bytesPerRow);
      unfilter(rows[at]!, line, above, bytesPerPixel, file);
      let pixel = (pass.y + row * pass.stepY) * width + pass.x;
      for (let column = 0; column < pass.columns; column++, pixel += pass.stepX) {
        for (let channel = 0; channel < channels; channel++)
          samples[channel] = sampleOf(line, column * channels + channel, depth);
        const tone = toneOf(samples);
        grey[pixel] = tone >> 8;
        alpha[pixel] = tone;
      }
      above = line as Uint8Array<ArrayBuffer>;
      at += 1 + pass.bytesPerRow;
    }
  }
  return { width, height, grey, alpha };
}

/**
 * Samples below a byte lie side by side, the first one in the highest bits; those of two bytes have the
 * higher one first.
 */
function sampleOf(line: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return line[index]!;
  if (depth === 16) return 256 * line[2 * index]! + line[2 * index + 1]!;
  const bit = index * depth;
  return (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Gives grey * 256 + alpha, both of them bytes, of the samples of one pixel. */
type ToneReader = (samples: readonly number[]) => number;

function toneReader({ colour, depth }: PngHeader, chunks: PngChunks, file: string): ToneReader {
  const scale = 255 / (2 ** depth - 1);
  const tone = (grey: number, alpha: number): number =>
    256 * Math.round(scale * grey) + Math.round(scale * alpha);
  const full = 2 ** depth - 1;
  if (colour === 3) return paletteReader(chunks, file);
  if (colour === 4) return ([grey, alpha]) => tone(grey!, alpha!);
  if (colour === 6) return ([red, green, blue, alpha]) => tone(luma(red!, green!, blue!), alpha!);
  const key = colourKey(chunks.transparency, colourTypes[colour].channels, file);
  const isKey = (samples: readonly number[]): boolean =>
    key?.every((value, channel) => value === samples[channel]) === true;
  return (samples) => {
    const [red, green = red, blue = red] = samples;
    return tone(luma(red!, green!, blue!), isKey(samples) ? 0 : full);
  };
}

/** How bright a colour is, by ITU-R BT.601, as PIL and others turn colours into grey. */
function luma(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function paletteReader({ palette, transparency }: PngChunks, file: string): ToneReader {
  const colours = (palette?.length ?? 0) / 3;
  if (!Number.isInteger(colours) || colours < 1 || colours > 256 || (transparency?.length ?? 0) > colours)
    throw badFile(file, 'its palette is not sound', {
      found: `${byteCount(palette?.length ?? 0)}, ${transparency?.length ?? 0} of alpha`,
      expected: '1 to 256 colours of 3 bytes, and no more alphas than colours',
    });
  const tones = Array.from({ length: colours }, (_, index) => {
    const [red, green, blue] = palette!.subarray(3 * index);
    return 256 * Math.round(luma(red!, green!, blue!)) + (transparency?.[index] ?? 255);
  });
  return ([index]) => {
    const tone = tones[index!];
    if (tone === undefined)
      throw badFile(file, 'a pixel has a colour that the palette does not have', {
        found: `colour ${index}`,
        expected: `0 to ${colours - 1}`,
      });
    return tone;
  };
}

/** The colour that is transparent, as samples of 16 bits; null where there is none. */
function colourKey(content: Uint8Array | null, channels: number, file: string): readonly number[] | null {
  if (content === null) return null;
  if (content.length !== 2 * channels)
    throw badFile(file, 'its transparent colour is not one', {
      found: byteCount(content.length),
      expected: byteCount(2 * channels),
    });
  return Array.from({ length: channels }, (_, i) => 256 * content[2 * i]! + content[2 * i + 1]!);
}

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

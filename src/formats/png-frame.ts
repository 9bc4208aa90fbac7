import { badFile, byteCount } from '../base/bad-file.js';
import { inflate, maxGrowth } from './deflate.js';

/** What the header of a PNG states. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits per sample. */
  readonly depth: number;
  readonly colour: ColourType;
  readonly interlaced: boolean;
}

export type ColourType = keyof typeof colourTypes;

/** Samples per pixel, and the depths that the format allows. */
export const colourTypes = {
  /** Grey. */
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  /** Red, green, blue. */
  2: { channels: 3, depths: [8, 16] },
  /** An index into the palette. */
  3: { channels: 1, depths: [1, 2, 4, 8] },
  /** Grey, alpha. */
  4: { channels: 2, depths: [8, 16] },
  /** Red, green, blue, alpha. */
  6: { channels: 4, depths: [8, 16] },
} as const;

/**
 * Every `stepX`th and `stepY`th pixel from (x, y): the whole picture, or one of the seven passes of Adam7.
 */
export interface Pass {
  readonly x: number;
  readonly y: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  readonly rows: number;
  /** Without the number of the filter in front. */
  readonly bytesPerRow: number;
}

/** The largest picture that is read, as 4096 x 4096. */
export const maxPixels = 2 ** 24;

/**
 * The most that its rows may take: 4096 x 4096 pixels of 4 bytes, or half as many of 8, which half a megabyte
 * can pack. It bounds what a file can make this process allocate, and its time to below a second.
 */
const maxRowBytes = 2 ** 26;

/**
 * @throws EngineError `bad-file`: another length, values that the format does not have, or a picture without
 *   or with too many pixels
 */
export function readHeader(content: Uint8Array, file: string): PngHeader {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const [width, height] = content.length === 13 ? [view.getUint32(0), view.getUint32(4)] : [0, 0];
  const [depth, colour, compression, filter, interlace] = content.subarray(8);
  const type = isColourType(colour) ? colourTypes[colour] : undefined;
  const isKnown = type?.depths.some((each) => each === depth) === true && compression === 0 && filter === 0;
  if (content.length !== 13 || !isKnown || (interlace !== 0 && interlace !== 1))
    throw badFile(file, 'its header is not one of the format', {
      found: `depth ${depth}, colour type ${colour}, methods ${compression}, ${filter}, ${interlace}`,
      expected: '13 bytes: a depth of 1 to 16 bits that the colour type has, methods 0, 0, and 0 or 1',
    });
  if (!(width > 0 && height > 0 && width * height <= maxPixels))
    throw badFile(file, 'it is too large, or empty', {
      found: `${width} x ${height} pixels`,
      expected: `1 to ${maxPixels.toLocaleString('en-US')} pixels`,
      remedy: 'cut out the character, or make the picture smaller',
    });
  const bits = width * height * depth! * type.channels;
  if (bits > 8 * maxRowBytes)
    throw badFile(file, 'it is too large', {
      found: `${width} x ${height} pixels, ${byteCount(Math.ceil(bits / 8))}`,
      expected: `at most ${byteCount(maxRowBytes)}`,
      remedy: 'cut out the character, or save the picture with 8 bits per colour',
    });
  return { width, height, depth: depth!, colour: colour as ColourType, interlaced: interlace === 1 };
}

function isColourType(value: number | undefined): value is ColourType {
  return value !== undefined && Object.hasOwn(colourTypes, value);
}

const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The passes in which the pixels come; passes without pixels are not there at all. */
export function passesOf({ width, height, depth, colour, interlaced }: PngHeader): readonly Pass[] {
  const bits = depth * colourTypes[colour].channels;
  return (interlaced ? adam7 : [[0, 0, 1, 1] as const])
    .map(([x, y, stepX, stepY]) => {
      const columns = Math.ceil((width - x) / stepX);
      const rows = Math.ceil((height - y) / stepY);
      return { x, y, stepX, stepY, columns, rows, bytesPerRow: Math.ceil((columns * bits) / 8) };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/**
 * Unpacks the picture's data: for each pass its rows, each behind the number of its filter.
 * @throws EngineError `bad-file`: damaged, or not exactly as much as the passes take; nothing beyond that is
 *   ever allocated
 */
export function unpackRows(data: readonly Uint8Array[], passes: readonly Pass[], file: string): Uint8Array {
  const packed = Buffer.concat(data);
  const size = passes.reduce((sum, { rows, bytesPerRow }) => sum + rows * (1 + bytesPerRow), 0);
  const excess = 'it does not hold as many pixels as its header states';
  const content =
    packed.length * maxGrowth < size
      ? null
      : inflate(packed, { form: 'zlib', maxBytes: size, file, excess }).content;
  if (content?.length !== size)
    throw badFile(file, excess, {
      found: byteCount(content?.length ?? packed.length) + (content === null ? ', packed' : ''),
      expected: byteCount(size),
    });
  return content;
}

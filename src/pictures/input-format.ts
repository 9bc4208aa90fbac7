/**
 * What the images of a training set look like, as far as a picture has to be made alike before the network
 * is asked about it.
 */
import * as v from 'valibot';
import { finite, oneOf, record, whole, type Schema } from '../base/schema.js';

/** Least, lower quartile, median, upper quartile and most of a figure over the training images. */
export type Range = readonly [least: number, lower: number, median: number, upper: number, most: number];

function isRange(value: unknown): boolean {
  return Array.isArray(value) && value.length === 5 && value.every((each) => Number.isFinite(each));
}

const range: Schema<Range> = v.custom<Range>(isRange, 'five numbers, from the least to the most');
const share = finite('a share from 0 to 1', (value) => value >= 0 && value <= 1);

/** What is recorded with every network of images, and how it is checked where it is read. */
export const inputFormatSchema = record({
  rows: whole(1, 2 ** 16),
  columns: whole(1, 2 ** 16),
  /** Level of the ground, 0 black to 255 white: the median of the pixels at the edge of the images. */
  ground: whole(0, 255),
  /** Whether ink is lighter or darker than the ground. */
  ink: oneOf(['light', 'dark']),
  /**
   * What lies in the middle of the frame: the `box` around the ink, as in KMNIST, or its centre of `mass`, as
   * in MNIST; `frame` where ink has no such place.
   */
  centred: oneOf(['box', 'mass', 'frame']),
  /** The longer side of the ink's box, as a share of the frame: the median. */
  size: share,
  /** The share of the ink's pixels that are as strong as ink gets: the median. */
  full: share,
  look: record({ ink: range, soft: range, edge: range, stroke: range, size: range }),
});

/** Measured from the training images. */
export type InputFormat = v.InferOutput<typeof inputFormatSchema>;

/** Figures of one image. */
export interface Look {
  /** Share of all pixels that are ink. */
  readonly ink: number;
  /** Share of all pixels that are neither ground nor ink: soft edges, and in pictures shadows and lines. */
  readonly soft: number;
  /** Share of the pixels at the edge that are ink. */
  readonly edge: number;
  /** Width of the strokes in pixels: twice the ink's area by the length of its outline. */
  readonly stroke: number;
  /** The longer side of the ink's box, as a share of the frame. */
  readonly size: number;
}

export interface Frame {
  readonly rows: number;
  readonly columns: number;
}

/** What is less than this apart from the ground, in levels, is noise or the softest edge of a stroke. */
export const faint = 32;

/** What is less than this apart from the ground is ground. */
const barely = 8;

/** What is closer to the extreme level than this counts as full ink. */
const nearlyFull = 5;

/** So many images, evenly spread, tell what a set looks like. */
const mostImages = 5_000;

/** What is assumed of a network of which nothing was recorded: images like those of KMNIST. */
export function assumedFormat({ rows, columns }: Frame): InputFormat {
  const look: InputFormat['look'] = {
    ink: [0.05, 0.2, 0.25, 0.31, 0.65],
    soft: [0, 0.027, 0.034, 0.042, 0.11],
    edge: [0, 0.055, 0.074, 0.1, 0.45],
    stroke: [0.9, 1.6, 1.8, 2.1, 5.8],
    size: [0.75, 1, 1, 1, 1],
  };
  return { rows, columns, ground: 0, ink: 'light', centred: 'box', size: 1, full: 0.27, look };
}

/**
 * Measures what training images look like: all of up to 5,000, of more so many, evenly spread.
 * @param pixels images of rows x columns bytes, one after the other
 */
export function measureInput(pixels: Uint8Array, { rows, columns }: Frame): InputFormat {
  const size = rows * columns;
  const count = pixels.length / size;
  const step = Math.max(1, Math.ceil(count / mostImages));
  const images = Array.from({ length: Math.ceil(count / step) }, (_, i) =>
    pixels.subarray(i * step * size, (i * step + 1) * size),
  );
  const frame = { rows, columns };
  const { ground, isUniform } = groundOf(images, frame);
  const figures = images.map((image) => inkOf(image, ground, frame)).filter(({ ink }) => ink > 0);
  const strength = figures.reduce((sum, { signed }) => sum + signed, 0);
  const rangeOf = (key: keyof Look): Range => {
    const values = figures.map((each) => each[key]).sort((a, b) => a - b);
    const at = (share: number): number => rounded(values[Math.round(share * (values.length - 1))] ?? 0);
    return [at(0), at(0.25), at(0.5), at(0.75), at(1)];
  };
  const spread = (key: 'box' | 'mass'): number =>
    deviation(figures.map((each) => each[key][0])) + deviation(figures.map((each) => each[key][1]));
  const [box, mass] = [spread('box'), spread('mass')];
  // An eighth of the frame: characters that were put into the middle vary by far less.
  // Ink everywhere, as in photographs, has no place either.
  const isEverywhere = figures.filter((each) => each.least > 0.95).length > 0.9 * figures.length;
  const isCentred = isUniform && !isEverywhere && Math.min(box, mass) < (rows + columns) / 16;
  return {
    rows,
    columns,
    ground,
    ink: strength < 0 ? 'dark' : 'light',
    centred: isCentred ? (box <= mass ? 'box' : 'mass') : 'frame',
    size: rounded(median(figures.map((each) => each.size))),
    full: rounded(median(figures.map((each) => each.full))),
    look: {
      ink: rangeOf('ink'),
      soft: rangeOf('soft'),
      edge: rangeOf('edge'),
      stroke: rangeOf('stroke'),
      size: rangeOf('size'),
    },
  };
}

/** The median level at the edge of the images, and whether most of that edge has about this level. */
function groundOf(
  images: readonly Uint8Array[],
  frame: Frame,
): { readonly ground: number; readonly isUniform: boolean } {
  const counts = new Float64Array(256);
  const edge = edgeOf(frame);
  for (const image of images) for (const pixel of edge) counts[image[pixel]!]!++;
  const total = images.length * edge.length;
  let below = 0;
  const ground = counts.findIndex((count) => (below += count) >= total / 2);
  const near = counts.reduce((sum, n, level) => (Math.abs(level - ground) < faint ? sum + n : sum), 0);
  return { ground, isUniform: near >= 0.6 * total };
}

/** The pixels at the edge of a frame, each once. */
function edgeOf({ rows, columns }: Frame): readonly number[] {
  return Array.from({ length: rows * columns }, (_, pixel) => pixel).filter((pixel) => {
    const [x, y] = [pixel % columns, Math.floor(pixel / columns)];
    return x === 0 || y === 0 || x === columns - 1 || y === rows - 1;
  });
}

/** Figures of an image, and where its ink lies. */
export interface Ink extends Look {
  /** Share of the ink that is full. */
  readonly full: number;
  /** How far the middle of the box and the centre of mass lie from the middle of the frame, in pixels. */
  readonly box: readonly [x: number, y: number];
  readonly mass: readonly [x: number, y: number];
  /** The shorter side of the ink's box, as a share of the frame. */
  readonly least: number;
  /** The sum of all levels above the ground. */
  readonly signed: number;
}

/** Measures one image. Without ink all figures are 0. */
export function inkOf(image: Uint8Array, ground: number, { rows, columns }: Frame): Ink {
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  let [ink, soft, edge, strong, sum, signed, sumX, sumY, outline] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  const reach = Math.max(ground, 255 - ground) - nearlyFull;
  for (let y = 0, at = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, at++) {
      const value = image[at]!;
      const apart = Math.abs(value - ground);
      signed += value - ground;
      sum += apart;
      sumX += apart * (x + 0.5);
      sumY += apart * (y + 0.5);
      if (x + 1 < columns) outline += Math.abs(value - image[at + 1]!);
      if (y + 1 < rows) outline += Math.abs(value - image[at + columns]!);
      if (apart < faint) {
        if (apart >= barely) soft++;
        continue;
      }
      ink++;
      if (apart >= reach) strong++;
      if (x === 0 || y === 0 || x === columns - 1 || y === rows - 1) edge++;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  if (ink === 0)
    return { ink, soft: 0, edge, stroke: 0, size: 0, full: 0, least: 0, box: [0, 0], mass: [0, 0], signed };
  return {
    ink: ink / (rows * columns),
    soft: soft / (rows * columns),
    edge: edge / Math.max(1, 2 * (rows + columns) - 4),
    stroke: (2 * sum) / Math.max(1, outline),
    size: Math.max((right - left) / columns, (bottom - top) / rows),
    full: strong / ink,
    least: Math.min((right - left) / columns, (bottom - top) / rows),
    box: [(left + right - columns) / 2, (top + bottom - rows) / 2],
    mass: [sumX / sum - columns / 2, sumY / sum - rows / 2],
    signed,
  };
}

/** Four digits say as much as a record needs. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

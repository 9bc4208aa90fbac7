/** Pictures that stand in the page itself, as PNG data URIs. */
import { encodePng, type Raster } from '../../formats/png.js';

/** @returns `data:image/png;base64,...` */
export function pngUri(raster: Raster): string {
  return `data:image/png;base64,${encodePng(raster).toString('base64')}`;
}

/** Image number `index` of a set, as a PNG data URI. */
export function imageUri(images: Uint8Array, rows: number, columns: number, index: number): string {
  const pixels = images.subarray(index * rows * columns, (index + 1) * rows * columns);
  return pngUri({ width: columns, height: rows, channels: 1, pixels });
}

/** All first-layer units on one sheet. */
export interface WeightSheet {
  readonly raster: Raster;
  /** Units drawn, and how many there are. */
  readonly shown: number;
  readonly outputs: number;
  /** The weight at which the colours are strongest. */
  readonly limit: number;
}

type Colour = readonly [number, number, number];

/** Blue, white, red: the ends of ColorBrewer's RdBu, and nothing in the middle. */
const negative: Colour = [33, 102, 172];
const zero: Colour = [247, 247, 247];
const positive: Colour = [178, 24, 43];
const gap: Colour = [140, 140, 140];

const tilesAcross = 16;
const mostTiles = 256;

/**
 * The weights that lead to each unit of the first layer, as one small image per unit, the unit with the
 * largest weights (by the sum of squares) first. Red is positive, blue negative, white zero.
 * @param weights `[rows * columns, outputs]`, row by row
 */
export function weightSheet(
  weights: Float32Array,
  outputs: number,
  rows: number,
  columns: number,
): WeightSheet {
  const inputs = rows * columns;
  const energy = new Float64Array(outputs);
  weights.forEach((weight, index) => {
    energy[index % outputs]! += weight ** 2;
  });
  const units = Array.from(energy.keys())
    .sort((a, b) => energy[b]! - energy[a]!)
    .slice(0, mostTiles);
  const limit = quantile(weights, 0.995);
  const across = Math.min(tilesAcross, units.length);
  const down = Math.ceil(units.length / across);
  const width = across * (columns + 1) + 1;
  const height = down * (rows + 1) + 1;
  const pixels = new Uint8Array(3 * width * height);
  for (let at = 0; at < pixels.length; at += 3) pixels.set(gap, at);
  units.forEach((unit, place) => {
    const left = 1 + (place % across) * (columns + 1);
    const top = 1 + Math.floor(place / across) * (rows + 1);
    for (let input = 0; input < inputs; input++) {
      const colour = colourOf(weights[input * outputs + unit]! / limit);
      const [x, y] = [left + (input % columns), top + Math.floor(input / columns)];
      pixels.set(colour, 3 * (y * width + x));
    }
  });
  return { raster: { width, height, channels: 3, pixels }, shown: units.length, outputs, limit };
}

/** @param share -1 to 1; what lies beyond is drawn as the end */
function colourOf(share: number): Colour {
  const end = share < 0 ? negative : positive;
  const strength = Math.min(1, Math.abs(share));
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(zero[channel] + strength * (end[channel] - zero[channel]));
  return [mix(0), mix(1), mix(2)];
}

/** The value that a share of the absolute weights do not exceed; never 0, so that it can divide. */
function quantile(weights: Float32Array, share: number): number {
  const sizes = weights.map(Math.abs).sort();
  return sizes[Math.floor(share * (sizes.length - 1))]! || 1;
}

/** Pictures, and beside each what the network was given of it. */
import type { Raster } from '../../formats/png.js';
import { resample, brightness, type Frame, type Picture } from '../../pictures/index.js';

/** The side of a picture on the sheet, the space around it, and pairs beside each other. */
const side = 140;
const gap = 6;
const pairsAcross = 3;

/** So many pictures are shown, the first ones. */
export const mostShown = 300;

export interface Pair {
  readonly picture: Picture;
  /** `rows * columns` bytes. */
  readonly given: Uint8Array;
}

export function sheetOf(pairs: readonly Pair[], { rows, columns }: Frame): Raster {
  const shown = pairs.slice(0, mostShown);
  const across = Math.min(pairsAcross, shown.length);
  const width = across * 2 * (side + gap) + gap;
  const height = Math.ceil(shown.length / pairsAcross) * (side + gap) + gap;
  const pixels = new Uint8Array(width * height).fill(128);
  shown.forEach(({ picture, given }, i) => {
    const left = gap + (i % pairsAcross) * 2 * (side + gap);
    const top = gap + Math.floor(i / pairsAcross) * (side + gap);
    const { levels } = brightness(picture, 255);
    const draw = (values: Uint8Array, size: Size, at: number): void => {
      paint({ pixels, width }, scaled(values, size), { left: at, top });
    };
    draw(levels, picture, left);
    draw(given, { width: columns, height: rows }, left + side + gap / 2);
  });
  return { width, height, channels: 1, pixels };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Image extends Size {
  readonly values: Float32Array | Uint8Array;
}

/** Fits an image into a square of `side`: a small one by whole factors, so that its pixels can be seen. */
function scaled(values: Uint8Array, { width, height }: Size): Image {
  const factor = Math.floor(side / Math.max(width, height));
  if (factor >= 1) {
    const [across, down] = [factor * width, factor * height];
    const large = new Uint8Array(across * down);
    for (let y = 0; y < down; y++)
      for (let x = 0; x < across; x++)
        large[y * across + x] = values[Math.floor(y / factor) * width + Math.floor(x / factor)]!;
    return { width: across, height: down, values: large };
  }
  const shrink = side / Math.max(width, height);
  const [across, down] = [width, height].map((each) => Math.max(1, Math.round(shrink * each))) as [
    number,
    number,
  ];
  const whole = { left: 0, top: 0, right: width, bottom: height };
  return resample({ width, height, values: Float32Array.from(values) }, whole, across, down);
}

function paint(
  sheet: { readonly pixels: Uint8Array; readonly width: number },
  { width, height, values }: Image,
  { left, top }: { readonly left: number; readonly top: number },
): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      sheet.pixels[(top + y) * sheet.width + left + x] = Math.round(values[y * width + x]!);
}

/** A grey image, row by row. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Part of an image, in pixels; `right` and `bottom` are the first ones outside. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Scales a part of an image to another size, each axis by itself, with a triangular filter as wide as a pixel
 * of the coarser of the two grids: the linear interpolation of an enlargement, and a weighted mean over
 * everything under it when it shrinks. The same size gives the same values.
 */
export function resample(image: GreyImage, box: Box, width: number, height: number): GreyImage {
  const across = filters(box.right - box.left, width);
  const down = filters(box.bottom - box.top, height);
  const values = new Float32Array(width * height);
  const row = new Float32Array(width);
  const coarse = new Float64Array(width * (box.bottom - box.top));
  for (let y = box.top; y < box.bottom; y++) {
    const start = y * image.width + box.left;
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * image.values[start + first + i]!;
      row[x] = sum;
    }
    coarse.set(row, (y - box.top) * width);
  }
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y]!;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * coarse[(first + i) * width + x]!;
      values[y * width + x] = sum;
    }
  }
  return { width, height, values };
}

/**
 * For each pixel of the result the pixels of the source that it is made of: from `first` on, with weights
 * that add up to 1.
 */
function filters(
  from: number,
  to: number,
): readonly { readonly first: number; readonly weights: Float64Array }[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const centre = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    const weights = Float64Array.from({ length: last - first + 1 }, (__, i) =>
      Math.max(0, 1 - Math.abs(first + i - centre) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** Means over (2 * reach + 1)² pixels, of those among them that lie inside the image. */
export function boxMean(values: Float32Array, width: number, height: number, reach: number): Float32Array {
  const across = lineMeans(values, { length: width, count: height, step: 1, stride: width }, reach);
  return lineMeans(across, { length: height, count: width, step: width, stride: 1 }, reach);
}

/** `count` lines of `length` values: in a line they lie `step` apart, and the lines `stride`. */
export interface Lines {
  readonly length: number;
  readonly count: number;
  readonly step: number;
  readonly stride: number;
}

function lineMeans(
  values: Float32Array,
  { length, count, step, stride }: Lines,
  reach: number,
): Float32Array {
  const result = new Float32Array(values.length);
  for (let line = 0; line < count; line++) {
    let [sum, members] = [0, 0];
    let at = line * stride - reach * step;
    for (let i = -reach; i < length; i++, at += step) {
      if (i + reach < length) {
        sum += values[at + reach * step]!;
        members++;
      }
      if (i - reach - 1 >= 0) {
        sum -= values[at - (reach + 1) * step]!;
        members--;
      }
      if (i >= 0) result[at] = sum / members;
    }
  }
  return result;
}

import { type Numbers, requireShape } from './numbers.js';

/**
 * x[row, j] = pixels[indices[row], j] / 255: a batch of byte images as reals in [0, 1].
 * @param pixels `images * width` bytes, row-major
 * @param indices the image of each row of the batch
 * @returns `indices.length * width` values
 */
export function gather(pixels: Numbers, indices: Numbers, width: number): Float64Array {
  const images = pixels.length / width;
  requireShape('pixels', pixels, Math.floor(images), width);
  const x = new Float64Array(indices.length * width);
  for (let row = 0; row < indices.length; row++) {
    const image = indices[row]!;
    if (!Number.isInteger(image) || image < 0 || image >= images)
      throw new RangeError(`indices[${row}] is ${image}; there are ${images} images`);
    for (let j = 0; j < width; j++) x[row * width + j] = pixels[image * width + j]! / 255;
  }
  return x;
}

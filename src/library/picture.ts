/** Pictures that a program has, such as a canvas that a person draws on, as images for a network. */
import { EngineError } from '../base/errors.js';
import { findCharacter } from '../pictures/convert.js';
import type { InputFormat } from '../pictures/input-format.js';

/** Pixels of a picture; a browser's `ImageData` is of this form. */
export interface PictureData {
  /** 4 bytes per pixel, row by row from the top: red, green, blue, and alpha (0 transparent, 255 opaque). */
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** The image that stands for a picture. */
export interface PictureInput {
  /** [rows, columns] of the format, bytes as its training images have them: for `predict`. */
  readonly pixels: Uint8Array;
  /** What was done, for people: `dark ink, fitted`. */
  readonly how: string;
  /** In what the image is unlike all training images; empty where it is like them. */
  readonly doubts: readonly string[];
}

/**
 * The image that a network is given of a picture of one character, by the conversion that the command
 * `predict` uses: the ink is found, wherever and however large it is, and put into the frame as the training
 * images have it. A drawing of 280x280 pixels in opaque strokes takes some milliseconds.
 * @param format of the network's training images: `readNetwork` reads it, `inputFormat` measures it
 * @returns null if there is nothing to be seen
 * @throws EngineError `usage` for pixels that do not fill the sides
 */
export function pictureInput({ data, width, height }: PictureData, format: InputFormat): PictureInput | null {
  const isSide = (side: number): boolean => Number.isSafeInteger(side) && side > 0;
  if (!isSide(width) || !isSide(height) || data.length !== 4 * width * height)
    throw new EngineError('usage', 'this is no picture', {
      found: `${data.length} bytes, ${width} wide and ${height} high`,
      expected: '4 bytes (red, green, blue, alpha) for each pixel, as getImageData gives them',
    });
  return findCharacter({ width, height, rgba: data }, format);
}

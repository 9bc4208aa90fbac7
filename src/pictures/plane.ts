/** One level per pixel of a picture in colours. */

/** A picture as a viewer shows it, upright. */
export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** 4 bytes per pixel, row by row from the top: red, green, blue, and alpha (0 transparent, 255 opaque). */
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

/** Grey levels, row by row from the top: 0 black to 255 white. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint8Array;
}

/** The weights of red, green and blue in the brightness of a colour: ITU-R BT.601, as PIL has it. */
const luma = [0.299, 0.587, 0.114] as const;

/** One channel is looked at alone where it shows so many times the contrast of the brightness. */
const clearly = 1.6;

/** Brightness of the picture on white (255) or black (0), which shows where it is transparent. */
export function brightness(picture: RawPicture, behind: 0 | 255): Plane {
  return planeOf(picture, behind, luma);
}

/**
 * The plane in which ink is seen best: the brightness, or one colour: yellow on white differs in blue alone.
 * @param grey the brightness
 */
export function clearestPlane(picture: RawPicture, behind: 0 | 255, grey: Plane): Plane {
  if (!hasColours(picture)) return grey;
  const weights = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ] as const;
  const channels = weights.map((weight) => planeOf(picture, behind, weight));
  const best = channels.reduce((a, b) => (spread(b) > spread(a) ? b : a));
  return spread(best) > clearly * spread(grey) ? best : grey;
}

function hasColours({ rgba }: RawPicture): boolean {
  for (let at = 0; at < rgba.length; at += 4)
    if (rgba[at] !== rgba[at + 1] || rgba[at] !== rgba[at + 2]) return true;
  return false;
}

/** The colours that can stand for a picture, and the weights of red, green and blue in each. */
const greys = {
  brightness: luma,
  average: [1 / 3, 1 / 3, 1 / 3],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
} as const;
export type Grey = keyof typeof greys;
export const greyNames = Object.keys(greys) as readonly Grey[];

/** The picture on white (255) or black (0) in one way of grey. */
export function levelsOf(picture: RawPicture, behind: 0 | 255, grey: Grey): Plane {
  return planeOf(picture, behind, greys[grey]);
}

function planeOf({ width, height, rgba }: RawPicture, behind: number, weights: readonly number[]): Plane {
  const [red, green, blue] = weights as [number, number, number];
  const levels = new Uint8Array(width * height);
  for (let i = 0, at = 0; i < levels.length; i++, at += 4) {
    const level = Math.round(red * rgba[at]! + green * rgba[at + 1]! + blue * rgba[at + 2]!);
    const alpha = rgba[at + 3]!;
    levels[i] = alpha === 255 ? level : Math.round((level * alpha + behind * (255 - alpha)) / 255);
  }
  return { width, height, levels };
}

/** The standard deviation of the levels. */
function spread({ levels }: Plane): number {
  let [sum, squares] = [0, 0];
  for (const level of levels) {
    sum += level;
    squares += level * level;
  }
  return Math.sqrt(Math.max(0, squares / levels.length - (sum / levels.length) ** 2));
}

/** Makes the image that a network is given out of any picture of one character. */
import { badFile } from '../base/bad-file.js';
import { findInk, leastContrast, type InkReading } from './ink.js';
import { faint, inkOf, type InputFormat, type Look } from './input-format.js';
import { brightness, clearestPlane, type Plane, type RawPicture } from './plane.js';
import { resample, type Box } from './resample.js';

/** The image that stands for a picture. */
export interface Converted {
  /** `rows * columns` bytes, in the format that the network was trained on. */
  readonly pixels: Uint8Array;
  /** What was done, for people. */
  readonly how: string;
  /** In what the image is unlike all training images; empty where it is like them. */
  readonly doubts: readonly string[];
}

type Reading = Pick<Converted, 'pixels' | 'how'>;

/**
 * Makes the image that a network is given.
 *
 * 1. What is transparent shows white, as most viewers have it, or black if white shows no character.
 * 2. A picture of the frame's size that looks like a training image is taken as it is, bit for bit; if it
 *    does so when it is inverted, it is inverted. One of the same shape is scaled down, if it then looks just
 *    so.
 * 3. Otherwise its ink is found (`findInk`), and put into the frame where the training images have it: with
 *    the same size, the same middle, ground and ink of the same levels, and as much of the ink full. Where
 *    a picture can be read in several ways, as dark or light ink, with or without what touches its edge, the
 *    reading is taken that is most like the training images.
 * 4. Where ink has no certain place in the training images, the whole picture is scaled to the frame.
 *
 * @returns null if there is no character to be seen
 */
export function findCharacter(picture: RawPicture, format: InputFormat): Converted | null {
  for (const behind of [255, 0] as const) {
    const plane = brightness(picture, behind);
    if (isEven(plane)) continue;
    if (format.centred === 'frame') return judged(wholeOf(plane, format), format);
    const whole = readWhole(plane, format);
    if (whole !== null) return { ...whole, doubts: [] };
    const readings = findInk(clearestPlane(picture, behind, plane)).map((reading) => {
      const pixels = placed(reading, format);
      const apart = distance(pixels, format);
      return { pixels, how: textOf(reading), reading, apart, cost: apart + costOf(reading) };
    });
    if (readings.length === 0) continue;
    const best = readings.reduce((least, each) => (each.cost < least.cost ? each : least));
    const { doubts, ...image } = judged(best, format);
    return { ...image, doubts: [...doubts, ...doubtsOf(best.reading, best.apart)] };
  }
  return null;
}

/**
 * As `findCharacter`, for a picture that has to show one.
 * @param file the name for messages
 * @throws EngineError `bad-file` if there is no character to be seen
 */
export function convertPicture(picture: RawPicture, format: InputFormat, file: string): Converted {
  const found = findCharacter(picture, format);
  if (found !== null) return found;
  throw badFile(file, 'there is nothing in the picture that could be a character', {
    found: 'levels that hardly differ',
    expected: 'one character, clearly darker or lighter than its paper',
    remedy: 'use a picture with more contrast, and cut out the character',
  });
}

/** Whether hardly any level differs from another. */
function isEven({ levels }: Plane): boolean {
  let [least, most] = [255, 0];
  for (const level of levels) {
    if (level < least) least = level;
    if (level > most) most = level;
  }
  return most - least < leastContrast;
}

function judged({ pixels, how }: Reading, format: InputFormat): Converted {
  return { pixels, how, doubts: differences(pixels, format) };
}

/**
 * A picture that shows a whole frame: one of its size, or of its shape if it looks just like training images.
 */
function readWhole(plane: Plane, format: InputFormat): Reading | null {
  const { rows, columns } = format;
  const { width, height } = plane;
  const isSame = width === columns && height === rows;
  const isShaped = width > columns && Math.abs((width * rows) / (height * columns) - 1) < 0.02;
  if (!isSame && !isShaped) return null;
  const reading = wholeOf(plane, format);
  const pixels = reading.pixels.map((level) => 255 - level);
  const inverted = { pixels, how: isSame ? 'inverted' : 'inverted and scaled' };
  const fits = (each: Reading): boolean =>
    differences(each.pixels, format).length === 0 &&
    (isSame || distance(each.pixels, format) < closeDistance);
  const found = [reading, inverted].find(fits);
  // A picture of the frame's size is an image, if a rare one, unless it is far from all training images.
  return found ?? (isSame && distance(reading.pixels, format) < rareDistance ? reading : null);
}

/** The whole picture in the size of the frame. */
function wholeOf({ width, height, levels }: Plane, { rows, columns }: InputFormat): Reading {
  if (width === columns && height === rows) return { pixels: levels, how: 'as it is' };
  const image = { width, height, values: Float32Array.from(levels) };
  const { values } = resample(image, { left: 0, top: 0, right: width, bottom: height }, columns, rows);
  return { pixels: Uint8Array.from(values, Math.round), how: 'scaled' };
}

/** Puts ink into the frame as the training images have it. */
function placed(ink: InkReading, format: InputFormat): Uint8Array {
  const { rows, columns, size, ground } = format;
  const box = inkBox(ink);
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const scale = size * Math.min(columns / width, rows / height);
  const across = Math.min(columns, Math.max(1, Math.round(scale * width)));
  const down = Math.min(rows, Math.max(1, Math.round(scale * height)));
  const { values } = resample(ink, box, across, down);
  const white = whiteOf(values, format.full);
  const [x, y] = format.centred === 'mass' ? centreOf(values, across, down) : [across / 2, down / 2];
  const left = Math.min(columns - across, Math.max(0, Math.floor(columns / 2 - x)));
  const top = Math.min(rows - down, Math.max(0, Math.floor(rows / 2 - y)));
  const reach = (format.ink === 'light' ? 255 : 0) - ground;
  const pixels = new Uint8Array(rows * columns).fill(ground);
  values.forEach((value, i) => {
    const at = (top + Math.floor(i / across)) * columns + left + (i % across);
    pixels[at] = Math.round(ground + reach * Math.min(1, value / white));
  });
  return pixels;
}

function centreOf(values: Float32Array, width: number, height: number): readonly [x: number, y: number] {
  let [sum, x, y] = [0, 0, 0];
  values.forEach((value, i) => {
    sum += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  // Rounded down where it is placed: half a pixel for the middle of a pixel, half a pixel to the nearest.
  return sum === 0 ? [width / 2, height / 2] : [x / sum, y / sum];
}

/** The strength that becomes full ink, so that as much of the ink is full as in the training images. */
function whiteOf(values: Float32Array, full: number): number {
  const strongest = values.reduce((most, value) => Math.max(most, value), 0);
  const ink = values.filter((value) => value >= (strongest * faint) / 255).toSorted();
  return ink[Math.floor((1 - Math.min(0.5, full)) * (ink.length - 1))]!;
}

/** Share of the ink that may lie beyond each side of its box: dust. */
const dust = 0.001;

/** The smallest box that leaves out at most `dust` of the ink beyond each of its sides. */
function inkBox({ width, height, values }: InkReading): Box {
  const across = new Float64Array(width);
  const down = new Float64Array(height);
  values.forEach((value, i) => {
    if (value < faint) return;
    across[i % width]! += value;
    down[Math.floor(i / width)]! += value;
  });
  const [left, right] = extent(across);
  const [top, bottom] = extent(down);
  return { left, top, right, bottom };
}

function extent(sums: Float64Array): readonly [number, number] {
  const left = sums.findIndex(exceeds(sums));
  const right = sums.length - sums.toReversed().findIndex(exceeds(sums));
  return [left, right];
}

/** Finds where the sum so far passes the share that counts as dust. */
function exceeds(sums: Float64Array): (sum: number) => boolean {
  const limit = dust * sums.reduce((total, sum) => total + sum, 0);
  let sofar = 0;
  return (sum) => (sofar += sum) > limit;
}

/** What an image of a training set looks like, in words. */
const names = {
  ink: 'ink covers % of the frame',
  soft: 'shades between ground and ink cover % of the frame',
  edge: 'ink lies on % of the edge',
  stroke: 'strokes are # pixels wide',
  size: 'the character takes % of the frame',
} as const satisfies Record<keyof Look, string>;

const figures = Object.keys(names) as (keyof Look)[];

/** A training image may lie so far, in parts of the figure, beyond those that were measured. */
const margin = 0.15;

/** In what an image lies outside everything that was measured of the training images. */
function differences(pixels: Uint8Array, format: InputFormat): string[] {
  const look = inkOf(pixels, format.ground, format);
  return figures.flatMap((key) => {
    const [least, , , , most] = format.look[key];
    const slack = key === 'size' ? 0 : margin;
    if (look[key] >= least * (1 - slack) && look[key] <= most * (1 + slack)) return [];
    const text = (value: number): string =>
      key === 'stroke' ? value.toFixed(1) : `${(100 * value).toFixed(0)} %`;
    const [before, after] = names[key].split(/ ?[%#]/) as [string, string];
    return [`${before} ${text(look[key])}${after}, in training images ${text(least)} to ${text(most)}`];
  });
}

/** An image nearer than this, in squared deviations over all figures, cannot be told from training images. */
const closeDistance = 20;

/** Nearer than this, it may be one of a kind that few training images are of. */
const rareDistance = 60;

/** The least deviation of a figure: how much it varies by the grid of pixels alone. */
const leastDeviation = 0.02;

/**
 * How far an image is from the middle of the training images: the sum over its figures of squared standard
 * deviations, these by the quartiles (1.349 deviations apart in a normal distribution).
 */
function distance(pixels: Uint8Array, format: InputFormat): number {
  const look = inkOf(pixels, format.ground, format);
  return figures.reduce((sum, key) => {
    // What covers twice as much is as far off as what covers half.
    const scale = (value: number): number =>
      key === 'ink' || key === 'stroke' ? Math.log(value + 1e-3) : value;
    const [, lower, middle, upper] = format.look[key];
    const deviation = Math.max(leastDeviation, (scale(upper) - scale(lower)) / 1.349);
    return sum + ((scale(look[key]) - scale(middle)) / deviation) ** 2;
  }, 0);
}

/** A reading that leaves something out has to be so much more like the training images. */
function costOf({ without, isDark, isClosed, isOffGround, isOnSheet, hasSheet }: InkReading): number {
  // Closing leaves corners of a shadow, which touch the edge.
  const left = isClosed ? { nothing: 5, frame: 4, touching: 3 } : { nothing: 0, frame: 1, touching: 10 };
  const missed = isDark && !isClosed && isOffGround;
  return left[without] + (missed ? 6 : 0) + (isOnSheet ? 3 : 0) + (hasSheet ? 6 : 0);
}

/** What else than the image itself speaks against a reading that is so far from the training images. */
function doubtsOf(ink: InkReading, apart: number): string[] {
  const isShadowed = ink.isClosed && hasEdge(ink);
  const isPart = ink.isOffGround || ink.isOnSheet || ink.without !== 'nothing';
  return [
    ...(isShadowed ? ['a shadow or another edge runs through the character'] : []),
    ...(apart > rareDistance || (isPart && apart > 15)
      ? ['taken together, its figures are far from those of the training images']
      : []),
  ];
}

/** Whether the level of the paper jumps within the character's box. */
function hasEdge(ink: InkReading): boolean {
  const { paper, width, height } = ink;
  const { left, top, right, bottom } = inkBox(ink);
  // Softer than this is light that falls off.
  const reach = Math.ceil(Math.min(width, height) / 25);
  let jumps = 0;
  for (let y = top; y < bottom - reach; y++)
    for (let x = left; x < right - reach; x++) {
      const at = y * width + x;
      const next = Math.max(
        Math.abs(paper[at]! - paper[at + reach]!),
        Math.abs(paper[at]! - paper[at + reach * width]!),
      );
      if (next > leastContrast) jumps++;
    }
  return jumps > 0.02 * (right - left) * (bottom - top);
}

function textOf({ isDark, isClosed, without, isOnSheet }: InkReading): string {
  const left = {
    nothing: '',
    frame: ', without what frames it',
    touching: ', without what touches the edge',
  };
  const ground = `${isClosed ? ' on uneven ground' : ''}${isOnSheet ? ' on a sheet' : ''}`;
  return `${isDark ? 'dark' : 'light'} ink${ground}${left[without]}, fitted`;
}

import { badFile } from '../base/bad-file.js';
import type { Picture } from './png.js';
import { resample, type Box, type GreyImage } from '../pictures/resample.js';

/**
 * Turns any picture of one character into an image like those of KMNIST.
 *
 * What those are like was measured on the 10,000 images of kmnist10k: white ink on black, the background 0
 * and the darkest ink 255; the ink's box touches the frame with its longer side (98.5 % of the images) and
 * lies in the middle (its centre is 0.0 pixels off on average, with a standard deviation of 0.2 across and
 * 0.1 down). The ink's centre of mass does not (1.4 pixels either way). So the box is what is fitted and
 * centred here, with its aspect kept.
 */

export interface ImageSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * Ink and paper must lie this far apart, in 256 levels, for there to be a character: noise on an empty sheet
 * does not.
 */
const leastContrast = 24;

/** Share of the ink that may lie beyond each side of its box: dust. */
const dust = 0.001;

/** Of 255: what is paler than this, the rest of noise and the softest edges, does not count as ink. */
const faint = 32;

/** Share of the ink's pixels that are not quite white: in kmnist10k, 80 % of those that are not faint. */
const belowWhite = 0.8;

/**
 * Makes the image that a model is given.
 *
 * 1. What is transparent becomes paper: the shade of what is opaque, or, where most is transparent, the
 *    opposite of what is drawn.
 * 2. Otsu's threshold parts ink from paper, of which there is more. Ink that is darker than the paper is
 *    inverted.
 * 3. The paper becomes 0 and the ink 255: all levels are stretched between three standard deviations of noise
 *    above the paper (estimated by the median absolute deviation, 0 in a clean drawing) and the 95th
 *    percentile of the ink.
 * 4. The box of the ink is scaled to fit the image, keeping its aspect, and put into the middle.
 * 5. Scaling pales thin lines, so the levels are stretched again, until as much of the ink is 255 as in
 *    KMNIST.
 *
 * A picture that has the size of the image and dark paper is an image already, and stays as it is.
 *
 * Not for photographs with shadows or a table around the paper: there is one threshold for the whole picture.
 *
 * @param file the name for messages
 * @returns `rows * columns` bytes, 0 black to 255 white
 * @throws EngineError `bad-file` where nothing can be told from the paper
 */
export function asTrainingImage(picture: Picture, { rows, columns }: ImageSize, file: string): Uint8Array {
  const levels = onPaper(picture, file);
  const { threshold, isDark } = partInk(levels, file);
  const { width, height } = picture;
  if (width === columns && height === rows && !isDark) return levels;
  const ink = stretch(
    isDark ? levels.map((level) => 255 - level) : levels,
    isDark ? 255 - threshold : threshold,
  );
  const image = { width, height, values: ink };
  const box = inkBox(image);
  const scale = Math.min(columns / (box.right - box.left), rows / (box.bottom - box.top));
  const across = Math.max(1, Math.round(scale * (box.right - box.left)));
  const down = Math.max(1, Math.round(scale * (box.bottom - box.top)));
  const { values } = resample(image, box, across, down);
  const white = whiteOf(values);
  const left = Math.floor((columns - across) / 2);
  const top = Math.floor((rows - down) / 2);
  const result = new Uint8Array(rows * columns);
  for (let y = 0; y < down; y++)
    for (let x = 0; x < across; x++)
      result[(top + y) * columns + left + x] = Math.round(255 * Math.min(1, values[y * across + x]! / white));
  return result;
}

/** The levels of the picture over paper that shows where it is transparent. */
function onPaper({ grey, alpha }: Picture, file: string): Uint8Array {
  const opaque = new Float64Array(256);
  let visible = 0;
  let brightness = 0;
  for (let i = 0; i < grey.length; i++) {
    const share = alpha[i]! / 255;
    visible += share;
    brightness += share * grey[i]!;
    opaque[grey[i]!]! += share;
  }
  if (visible === 0) throw empty(file, 'all of it is transparent');
  const isDrawing = visible < grey.length / 2;
  const paper = isDrawing ? (brightness / visible < 128 ? 255 : 0) : quantile(opaque, 0.5);
  return grey.map((level, i) => Math.round((level * alpha[i]! + paper * (255 - alpha[i]!)) / 255));
}

/**
 * Otsu's threshold (A Threshold Selection Method from Gray-Level Histograms, 1979): the parting into levels
 * up to it and above it that has the greatest variance between the two.
 * @returns `isDark` if the smaller part, the ink, is the darker one
 */
function partInk(levels: Uint8Array, file: string): { readonly threshold: number; readonly isDark: boolean } {
  const counts = histogram(levels);
  const sum = counts.reduce((total, count, level) => total + count * level, 0);
  let best = { threshold: 0, variance: 0, isDark: false, contrast: 0 };
  let below = 0;
  let sumBelow = 0;
  for (let threshold = 0; threshold < 255; threshold++) {
    below += counts[threshold]!;
    sumBelow += counts[threshold]! * threshold;
    const above = levels.length - below;
    if (below === 0 || above === 0) continue;
    const contrast = (sum - sumBelow) / above - sumBelow / below;
    const variance = below * above * contrast * contrast;
    if (variance > best.variance) best = { threshold, variance, isDark: below < above, contrast };
  }
  if (best.contrast < leastContrast)
    throw empty(file, `a contrast of ${Math.round(best.contrast)} between its darker and its lighter part`);
  return best;
}

/**
 * Stretches the levels between paper and ink to 0 to 255. @param levels light ink on dark paper @param
 * threshold from `partInk`
 */
function stretch(levels: Uint8Array, threshold: number): Float32Array {
  const counts = histogram(levels);
  const paper = counts.map((count, level) => (level <= threshold ? count : 0));
  const ink = counts.map((count, level) => (level > threshold ? count : 0));
  const middle = quantile(paper, 0.5);
  const deviations = new Float64Array(256);
  paper.forEach((count, level) => (deviations[Math.abs(level - middle)]! += count));
  // 1.4826 median absolute deviations are a standard deviation of normal noise.
  const black = Math.min(middle + 3 * 1.4826 * quantile(deviations, 0.5), threshold);
  const white = Math.max(quantile(ink, 0.95), threshold + 1);
  return Float32Array.from(
    levels,
    (level) => 255 * Math.min(1, Math.max(0, (level - black) / (white - black))),
  );
}

/** The level that becomes 255. */
function whiteOf(values: Float32Array): number {
  const brightest = values.reduce((largest, value) => Math.max(largest, value), 0);
  const ink = values.filter((value) => value >= (brightest * faint) / 255).toSorted();
  return ink[Math.floor(belowWhite * (ink.length - 1))]!;
}

/** The smallest box that leaves out at most `dust` of the ink beyond each of its sides. */
function inkBox({ width, height, values }: GreyImage): Box {
  const across = new Float64Array(width);
  const down = new Float64Array(height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if (values[at]! < faint) continue;
      across[x]! += values[at]!;
      down[y]! += values[at]!;
    }
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

function histogram(levels: Uint8Array): Float64Array {
  const counts = new Float64Array(256);
  for (const level of levels) counts[level]!++;
  return counts;
}

/** The lowest level that at least this share of the counted pixels does not pass. */
function quantile(counts: Float64Array, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  return counts.findIndex((count) => (sum += count) >= share * total);
}

function empty(file: string, found: string): Error {
  return badFile(file, 'there is nothing in the picture that could be a character', {
    found,
    expected: 'one character, clearly darker or lighter than its paper',
    remedy: 'use a picture with more contrast, and cut out the character',
  });
}

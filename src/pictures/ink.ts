/** Finds the ink of a picture, where light may fall unevenly and other things than a character may lie. */
import { closed, groundOf, opened } from './ground.js';
import { withoutLines } from './lines.js';
import { parts, type Part } from './parts.js';
import type { Plane } from './plane.js';
import { boxMean, type Box } from './resample.js';

/** One way to read a picture: what of it is ink, by strength from 0 (ground) to 255. */
export interface InkReading {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  readonly isDark: boolean;
  /** Whether the ground was found by closing, as under the edge of a shadow. */
  readonly isClosed: boolean;
  /** The level of the paper at each pixel, with the edges of shadows. */
  readonly paper: Float32Array;
  /** Whether much of the paper lies off a smooth surface: beyond the edge of a shadow, or of a sheet. */
  readonly isOffGround: boolean;
  /** What was taken for no character: what frames the picture, or all that touches its edge. */
  readonly without: 'nothing' | 'frame' | 'touching';
  /** Whether the ink lies on a sheet that lies on something else. */
  readonly isOnSheet: boolean;
  /** Whether what was taken for ink may be such a sheet. */
  readonly hasSheet: boolean;
}

/** Ink and ground must lie this far apart, in 256 levels: noise on an empty sheet does not. */
export const leastContrast = 24;

/** Paper may lie off a smooth surface on this share of the picture. */
const mostOff = 0.05;

/**
 * All readings of a picture; none if nothing stands out from its ground.
 *
 * 1. Noise is smoothed.
 * 2. The ground is a smooth surface, so that it follows light that falls off (`groundOf`). Where much of the
 *    paper lies off it, as in a shadow with an edge, it is also found by closing (`closed`). A picture that
 *    was drawn on a computer has neither noise nor shadows, and its ground is one level. Ink is darker or
 *    lighter, by more than Otsu's threshold (A Threshold Selection Method from Gray-Level Histograms, 1979).
 * 3. Thin straight lines across the picture are ruled or squared paper, and no ink (`withoutLines`).
 * 4. What touches the picture's edge may be no character: a frame, a table, the neighbouring characters.
 *    Specks far from all strokes are none.
 * 5. A large patch may be a sheet of paper; it is read as a picture of its own.
 */
export function findInk(plane: Plane, isOnSheet = false): InkReading[] {
  const { width, height } = plane;
  const { levels, surface, paper, isOffGround } = groundsOf(plane);
  const ways = [
    { isDark: true, isClosed: false, ground: surface },
    // On white nothing is lighter.
    ...(surface.every((level) => level >= 255) ? [] : [{ isDark: false, isClosed: false, ground: surface }]),
    // Not for light ink: what dark ink encloses would pass for it.
    ...(isOffGround ? [{ isDark: true, isClosed: true, ground: paper }] : []),
  ];
  return ways.flatMap(({ isDark, isClosed, ground }) => {
    const drawn = strengths(levels, ground, isDark);
    const threshold = otsu(drawn);
    if (threshold === null) return [];
    const values = withoutLines({ values: drawn, threshold }, width, height);
    const mask = above(values, threshold);
    const found = parts(mask, width, height);
    const readings = without(found.parts, width, height).map(({ without, kept }) => {
      const clean = withoutSpecks(found.parts, kept, found.labels, width);
      const only = onlyKept(values, { width, height, labels: found.labels, kept: clean });
      return {
        width,
        height,
        values: stretched(only, threshold),
        isDark,
        isClosed,
        paper,
        isOffGround,
        without,
        isOnSheet,
        hasSheet: false,
      };
    });
    const sheets = isOnSheet || isClosed ? [] : found.parts.filter((part) => isSheet(part, width * height));
    const onSheets = sheets.flatMap(({ box }) => findInk(cropped(plane, box), true));
    return [...readings.map((each) => ({ ...each, hasSheet: onSheets.length > 0 })), ...onSheets];
  });
}

/** The levels without noise, and the ground under them: as a smooth surface, and with edges. */
function groundsOf(plane: Plane): Pick<InkReading, 'paper' | 'isOffGround'> & {
  readonly levels: Float32Array;
  readonly surface: Float32Array;
} {
  const { width, height } = plane;
  const even = evenGround(plane);
  if (even !== null) {
    const surface = new Float32Array(plane.levels.length).fill(even);
    return { levels: Float32Array.from(plane.levels), surface, paper: surface, isOffGround: false };
  }
  const levels = smoothed(Float32Array.from(plane.levels), width, height);
  const surface = groundOf(levels, width, height);
  const paper = closed(levels, width, height);
  const bright = opened(levels, width, height);
  const off = surface.reduce((sum, level, i) => {
    return sum + Number(paper[i]! < level - leastContrast || bright[i]! > level + leastContrast);
  }, 0);
  return { levels, surface, paper, isOffGround: off > mostOff * surface.length };
}

/** So much of a picture has one of two levels where it was drawn, and not photographed. */
const drawnShare = 0.9;

/** The level of the ground of a picture that was drawn: most of it is just that level. Null for others. */
function evenGround({ levels }: Plane): number | null {
  const counts = new Uint32Array(256);
  for (const level of levels) counts[level]!++;
  const [ground, ink] = Array.from(counts.keys()).sort((a, b) => counts[b]! - counts[a]!);
  const isDrawn = counts[ground!]! + counts[ink!]! >= drawnShare * levels.length;
  return isDrawn && counts[ground!]! >= levels.length / 2 ? ground! : null;
}

/** 1 where a value is larger than the threshold. */
function above(values: Float32Array, threshold: number): Uint8Array {
  const mask = new Uint8Array(values.length);
  for (let i = 0; i < mask.length; i++) mask[i] = Number(values[i]! > threshold);
  return mask;
}

/**
 * How far each level is from the ground, 0 to 255. Dark ink takes a share of the light that paper gives back.
 */
function strengths(levels: Float32Array, grounds: Float32Array, isDark: boolean): Float32Array {
  const result = new Float32Array(levels.length);
  for (let i = 0; i < result.length; i++) {
    const [level, ground] = [levels[i]!, grounds[i]!];
    const apart = isDark ? (255 * (ground - level)) / Math.max(32, ground) : level - ground;
    result[i] = Math.min(255, Math.max(0, apart));
  }
  return result;
}

/** Means over 3 x 3 pixels, as often as the noise asks for. */
function smoothed(levels: Float32Array, width: number, height: number): Float32Array {
  const noise = noiseOf(levels, width, height);
  const times = [3, 6, 12].filter((limit) => noise > limit).length;
  return Array.from({ length: times }).reduce<Float32Array>(
    (from) => boxMean(from, width, height, 1),
    levels,
  );
}

/** The standard deviation of the noise, by what pixels differ from the mean of their four neighbours. */
function noiseOf(levels: Float32Array, width: number, height: number): number {
  const apart: number[] = [];
  for (let y = 1; y < height - 1; y += 2)
    for (let x = 1; x < width - 1; x += 2) {
      const i = y * width + x;
      const around = levels[i - 1]! + levels[i + 1]! + levels[i - width]! + levels[i + width]!;
      apart.push(Math.abs(levels[i]! - around / 4));
    }
  const median = apart.sort((a, b) => a - b)[apart.length >> 1] ?? 0;
  // 1.4826 median deviations are a standard deviation; the mean of four adds a quarter to the variance.
  return (1.4826 * median) / Math.sqrt(1.25);
}

/** Otsu's threshold: the one with the greatest variance between the two parts; null if they hardly differ. */
function otsu(values: Float32Array): number | null {
  const counts = histogram(values);
  const sum = counts.reduce((total, count, level) => total + count * level, 0);
  let best = { level: 0, variance: 0, contrast: 0 };
  let [below, sumBelow] = [0, 0];
  for (let level = 0; level < 255; level++) {
    below += counts[level]!;
    sumBelow += counts[level]! * level;
    const above = values.length - below;
    if (below === 0 || above === 0) continue;
    const contrast = (sum - sumBelow) / above - sumBelow / below;
    const variance = below * above * contrast * contrast;
    if (variance > best.variance) best = { level, variance, contrast };
  }
  return best.contrast < leastContrast ? null : best.level + 1;
}

/** What may be left out of the parts of a picture, and the parts that then remain. */
function without(
  all: readonly Part[],
  width: number,
  height: number,
): Pick<Kept & InkReading, 'without' | 'kept'>[] {
  const isFrame = ({ contact, corners }: Part): boolean =>
    corners >= 2 || contact >= 0.9 * Math.min(width, height);
  const ways = [
    { without: 'nothing', kept: all.map(() => true) },
    { without: 'frame', kept: all.map((part) => !isFrame(part)) },
    { without: 'touching', kept: all.map(({ contact }) => contact === 0) },
  ] as const;
  return ways.filter(({ kept }, way) => {
    const isNew = ways.slice(0, way).every((other) => other.kept.join() !== kept.join());
    return isNew && kept.includes(true);
  });
}

/** In smaller pictures specks cannot be told from dots of a character. */
const leastSide = 64;

/**
 * What remains without dust: parts no larger than the square of the stroke width, and farther than half of
 * that from the box of each larger part.
 */
function withoutSpecks(
  all: readonly Part[],
  kept: readonly boolean[],
  labels: Int32Array,
  width: number,
): readonly boolean[] {
  if (Math.min(width, labels.length / width) < leastSide) return kept;
  let [ink, outline] = [0, 0];
  const largest = all.reduce((most, { size }, i) => (kept[i]! ? Math.max(most, size) : most), 0);
  const label = 1 + all.findIndex(({ size }, i) => kept[i]! && size === largest);
  const at = (i: number): number => Number(labels[i] === label);
  for (let i = 0; i < labels.length - width; i++) {
    ink += at(i);
    outline += Math.abs(at(i) - at(i + 1)) + Math.abs(at(i) - at(i + width));
  }
  const stroke = (2 * ink) / Math.max(1, outline);
  const large = all.filter(({ size }, i) => kept[i]! && size > stroke ** 2);
  const isSpeck = (part: Part): boolean =>
    part.size <= stroke ** 2 && large.every(({ box }) => gap(box, part.box) > stroke / 2);
  return large.length === 0 ? kept : kept.map((isKept, i) => isKept && !isSpeck(all[i]!));
}

/** How far two boxes are apart, along the axis that they are farther apart on. */
function gap(a: Box, b: Box): number {
  return Math.max(a.left - b.right, b.left - a.right, a.top - b.bottom, b.top - a.bottom);
}

interface Kept {
  readonly width: number;
  readonly height: number;
  /** The number of the part that each pixel belongs to, from 1; 0 for ground. */
  readonly labels: Int32Array;
  readonly kept: readonly boolean[];
}

/**
 * Strengths of the parts that are kept, and of the soft edges around them, which reach a half of a percent.
 */
function onlyKept(values: Float32Array, { width, height, labels, kept }: Kept): Float32Array {
  const reach = Math.max(1, Math.round(Math.max(width, height) / 200));
  const isKept = (i: number): boolean => labels[i]! > 0 && kept[labels[i]! - 1]!;
  const isNear = (pixel: number): boolean => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const [left, right] = [Math.max(0, x - reach), Math.min(width - 1, x + reach)];
    for (let j = Math.max(0, y - reach); j <= Math.min(height - 1, y + reach); j++)
      for (let i = left; i <= right; i++) if (isKept(j * width + i)) return true;
    return false;
  };
  const only = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++)
    if (values[i]! > 0 && (labels[i] === 0 ? isNear(i) : isKept(i))) only[i] = values[i]!;
  return only;
}

/** Stretches strengths: what noise there is becomes 0, and what 95 % of the ink does not pass 255. */
function stretched(values: Float32Array, threshold: number): Float32Array {
  const counts = histogram(values);
  const noise = 3 * 1.4826 * quantile(counts.subarray(0, threshold), 0.5);
  const black = Math.min(threshold - 0.5, noise);
  const white = threshold + Math.max(0.5, quantile(counts.subarray(threshold), 0.95));
  return values.map((value) => 255 * Math.min(1, Math.max(0, (value - black) / (white - black))));
}

function histogram(values: Float32Array): Float64Array {
  const counts = new Float64Array(256);
  for (const value of values) counts[Math.floor(value)]!++;
  return counts;
}

/** The lowest level that at least this share of the counted pixels does not pass. */
function quantile(counts: Float64Array, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  return counts.findIndex((count) => (sum += count) >= share * total);
}

/** A large part that fills most of its box, as paper does, written on or turned a little. */
function isSheet({ size, box }: Part, pixels: number): boolean {
  const [width, height] = [box.right - box.left, box.bottom - box.top];
  const area = width * height;
  // On fewer pixels than these nothing can be written.
  if (Math.min(width, height) < 16) return false;
  return area >= 0.06 * pixels && size >= 0.6 * area;
}

/** The part of a picture inside a box, without the outermost 2 % of it. */
function cropped({ width, levels }: Plane, box: Box): Plane {
  const inset = Math.ceil(0.02 * Math.min(box.right - box.left, box.bottom - box.top));
  const [left, top] = [box.left + inset, box.top + inset];
  const [across, down] = [box.right - inset - left, box.bottom - inset - top];
  const result = new Uint8Array(across * down);
  for (let y = 0; y < down; y++) {
    const start = (top + y) * width + left;
    result.set(levels.subarray(start, start + across), y * across);
  }
  return { width: across, height: down, levels: result };
}

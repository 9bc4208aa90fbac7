/** The ground of a picture: paper under light that falls unevenly. */
import { resample, type Lines } from './resample.js';

/** The longer side of the grid that the ground is fitted on. */
const grid = 48;

/**
 * How far from the surface a level may lie to count at all, as a share of the range of levels, in turn: from
 * a wide view to a narrow one.
 */
const reaches = [0.24, 0.24, 0.24, 0.24, 0.12, 0.12, 0.12, 0.12, 0.06, 0.06, 0.06, 0.06];

/**
 * The smooth surface (a polynomial of degree 2 in x and y) that most of a picture lies on: least squares with
 * Tukey's biweight (Beaton and Tukey, The Fitting of Power Series, 1974), so that ink does not count.
 * @returns the level of the ground at each pixel
 */
export function groundOf(levels: Float32Array, width: number, height: number): Float32Array {
  const scale = Math.max(1, Math.max(width, height) / grid);
  const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side / scale))) as [
    number,
    number,
  ];
  const whole = { left: 0, top: 0, right: width, bottom: height };
  const { values } = resample({ width, height, values: levels }, whole, across, down);
  const points = Array.from(values, (_, i) => terms(i, across, down));
  let factors: readonly number[] = [median(values), 0, 0, 0, 0, 0];
  const sorted = values.toSorted();
  const range = sorted[Math.floor(0.98 * sorted.length)]! - sorted[Math.floor(0.02 * sorted.length)]!;
  for (const reach of reaches) {
    const apart = values.map((value, i) => value - dot(factors, points[i]!));
    // 4.685 standard deviations are Tukey's choice, 1.4826 median deviations are one of these.
    const limit = Math.max(1, reach * range, 4.685 * 1.4826 * median(apart.map(Math.abs)));
    const weights = apart.map((each) => (Math.abs(each) < limit ? (1 - (each / limit) ** 2) ** 2 : 0));
    factors = leastSquares(points, values, weights);
  }
  const [base, alongX, alongY, bendX, twist, bendY] = factors as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return levels.map((_, i) => {
    const x = ((i % width) + 0.5) / width - 0.5;
    const y = (Math.floor(i / width) + 0.5) / height - 0.5;
    return base + x * (alongX + bendX * x + twist * y) + y * (alongY + bendY * y);
  });
}

/** Half the side of a window that is wider than strokes, as a share of the picture's shorter side. */
const reachOfClosing = 1 / 12;
const reachOfOpening = 1 / 8;

/**
 * The ground under dark ink by morphological closing: what is narrower than a window is filled from around
 * it. Unlike a smooth surface it follows the edge of a shadow, but it hollows large blots.
 */
export function closed(levels: Float32Array, width: number, height: number): Float32Array {
  const reach = Math.max(1, Math.round(reachOfClosing * Math.min(width, height)));
  const dilated = most(levels, width, height, reach).map((level) => -level);
  return most(dilated, width, height, reach).map((level) => -level);
}

/** The levels without what is light and narrower than a window: light ink. */
export function opened(levels: Float32Array, width: number, height: number): Float32Array {
  const reach = Math.max(1, Math.round(reachOfOpening * Math.min(width, height)));
  const negative = levels.map((level) => -level);
  const eroded = most(negative, width, height, reach).map((level) => -level);
  return most(eroded, width, height, reach);
}

/** The largest of (2 * reach + 1)² values, of those among them that lie inside the picture. */
function most(values: Float32Array, width: number, height: number, reach: number): Float32Array {
  const across = lineMost(values, { length: width, count: height, step: 1, stride: width }, reach);
  return lineMost(across, { length: height, count: width, step: width, stride: 1 }, reach);
}

/** By blocks as long as the window, from both ends of each (van Herk 1992, Gil and Werman 1993). */
function lineMost(values: Float32Array, { length, count, step, stride }: Lines, reach: number): Float32Array {
  const window = 2 * reach + 1;
  const blocks = Math.ceil((length + 2 * reach) / window) * window;
  const [padded, up, down] = [0, 0, 0].map(() => new Float32Array(blocks)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const result = new Float32Array(values.length);
  for (let line = 0; line < count; line++) {
    padded.fill(-Infinity);
    for (let i = 0; i < length; i++) padded[i + reach] = values[line * stride + i * step]!;
    for (let i = 0; i < blocks; i++) up[i] = i % window === 0 ? padded[i]! : Math.max(up[i - 1]!, padded[i]!);
    for (let i = blocks - 1; i >= 0; i--)
      down[i] = i % window === window - 1 ? padded[i]! : Math.max(down[i + 1]!, padded[i]!);
    for (let i = 0; i < length; i++)
      result[line * stride + i * step] = Math.max(down[i]!, up[i + window - 1]!);
  }
  return result;
}

/** The terms of the polynomial at the middle of a pixel, x and y from -0.5 to 0.5. */
function terms(pixel: number, width: number, height: number): readonly number[] {
  const x = ((pixel % width) + 0.5) / width - 0.5;
  const y = (Math.floor(pixel / width) + 0.5) / height - 0.5;
  return [1, x, y, x * x, x * y, y * y];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/**
 * Solves the normal equations by Gauss and Jordan, with a little ridge, so that there always is a solution.
 */
function leastSquares(
  points: readonly (readonly number[])[],
  values: Float32Array,
  weights: Float32Array,
): readonly number[] {
  const unknowns = points[0]!.length;
  const rows = Array.from({ length: unknowns }, (_, row) => {
    const sums = new Float64Array(unknowns + 1);
    points.forEach((point, i) => {
      const weight = weights[i]! * point[row]!;
      for (let k = 0; k < unknowns; k++) sums[k]! += weight * point[k]!;
      sums[unknowns]! += weight * values[i]!;
    });
    sums[row]! += 1e-3;
    return sums;
  });
  for (const [pivot, from] of rows.entries())
    for (const [other, to] of rows.entries()) {
      if (other === pivot) continue;
      const factor = to[pivot]! / from[pivot]!;
      for (let k = pivot; k <= unknowns; k++) to[k]! -= factor * from[k]!;
    }
  return rows.map((row, i) => row[unknowns]! / row[i]!);
}

function median(values: Float32Array): number {
  return values.toSorted()[values.length >> 1]!;
}

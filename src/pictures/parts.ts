/** Connected parts of a mask, and lines that are no part of a character. */
import type { Box, Lines } from './resample.js';

/** Pixels that hang together, by sides or corners. */
export interface Part {
  /** Pixels. */
  readonly size: number;
  /** How many of them lie at the picture's edge, and how many in its corners. */
  readonly contact: number;
  readonly corners: number;
  readonly box: Box;
}

/** @returns the parts, and for each pixel the number of its part, from 1; 0 where the mask is 0 */
export function parts(
  mask: Uint8Array,
  width: number,
  height: number,
): { readonly labels: Int32Array; readonly parts: readonly Part[] } {
  const labels = new Int32Array(mask.length);
  const found: Part[] = [];
  mask.forEach((isSet, start) => {
    if (isSet === 1 && labels[start] === 0) found.push(fill(start, found.length + 1));
  });
  return { labels, parts: found };

  function fill(start: number, label: number): Part {
    const waiting = [start];
    let [size, contact, corners] = [0, 0, 0];
    let [left, top, right, bottom] = [width, height, 0, 0];
    labels[start] = label;
    for (let pixel = waiting.pop(); pixel !== undefined; pixel = waiting.pop()) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      const atSide = x === 0 || x === width - 1;
      const atEnd = y === 0 || y === height - 1;
      size++;
      if (atSide || atEnd) contact++;
      if (atSide && atEnd) corners++;
      [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
      for (let j = Math.max(0, y - 1); j <= Math.min(height - 1, y + 1); j++)
        for (let i = Math.max(0, x - 1); i <= Math.min(width - 1, x + 1); i++) {
          const next = j * width + i;
          if (mask[next] === 0 || labels[next] !== 0) continue;
          labels[next] = label;
          waiting.push(next);
        }
    }
    return { size, contact, corners, box: { left, top, right, bottom } };
  }
}

/** Lines are at most so thick, as a share of the side that they are counted along, or 3 pixels. */
const thickest = 0.025;

/** A line is one if so much of its way across the picture is thin. */
const leastLength = 0.6;

/** How far a line may rise over the picture, in hundredths of its length. */
const steepest = 6;

/**
 * Takes thin straight lines across the picture out of a mask, unless nothing else is in it.
 * @returns the pixels that were taken
 */
export function removeLines(mask: Uint8Array, width: number, height: number): number[] {
  const across = linesAlong(mask, { length: width, count: height, step: 1, stride: width });
  for (const pixel of across) mask[pixel] = 0;
  const down = linesAlong(mask, { length: height, count: width, step: width, stride: 1 });
  for (const pixel of down) mask[pixel] = 0;
  const lines = [...across, ...down];
  if (mask.includes(1)) return lines;
  for (const pixel of lines) mask[pixel] = 1;
  return [];
}

function linesAlong(mask: Uint8Array, axis: Lines): ReadonlySet<number> {
  const { length, count, step, stride } = axis;
  const thin = thinPixels(mask, axis);
  const lines = new Set<number>();
  if (thin.reduce((sum, isThin) => sum + isThin, 0) < leastLength * length) return lines;
  for (let rise = -steepest; rise <= steepest; rise++)
    for (let row = 0; row < count; row++) {
      const line: number[] = [];
      for (let i = 0; i < length; i++) {
        const at = Math.round(row + (rise / 100) * (i - length / 2));
        const pixel = i * step + at * stride;
        if (at >= 0 && at < count && thin[pixel] === 1) line.push(pixel);
      }
      if (line.length >= leastLength * length) for (const pixel of line) lines.add(pixel);
    }
  return lines;
}

/** Pixels with little of the mask above and below them, so that strokes that cross a line stay. */
function thinPixels(mask: Uint8Array, { length, count, step, stride }: Lines): Uint8Array {
  const most = Math.max(3, Math.round(thickest * count));
  const thin = new Uint8Array(mask.length);
  for (let i = 0; i < length; i++)
    for (let row = 0; row < count; row++) {
      const first = row;
      while (row < count && mask[i * step + row * stride] === 1) row++;
      if (row - first > most) continue;
      for (let each = first; each < row; each++) thin[i * step + each * stride] = 1;
    }
  return thin;
}

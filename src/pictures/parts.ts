/** Connected parts of a mask. */
import type { Box } from './resample.js';

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

import { badFile } from '../base/bad-file.js';

/**
 * Undoes the filter of one row of a PNG, in place (W3C PNG specification, third edition, 9): each byte was
 * stored as its difference from what the bytes to the left (a), above (b) and above to the left (c) let
 * expect.
 *
 *   0 none   1 sub: a   2 up: b   3 average: floor((a + b) / 2)
 *   4 Paeth: that of a, b, c which is nearest to a + b - c
 *
 * @param above the row above, its filter undone; zeros for the first row
 * @param distance from a byte to its `a`: bytes per pixel, at least 1
 * @throws EngineError `bad-file` for another number of a filter
 */
export function unfilter(
  filter: number,
  line: Uint8Array,
  above: Uint8Array,
  distance: number,
  file: string,
): void {
  if (filter === 0) return;
  if (filter > 4)
    throw badFile(file, 'a row has a filter that the format does not have', {
      found: `filter ${filter}`,
      expected: '0 to 4',
    });
  for (let i = 0; i < line.length; i++) {
    const a = i < distance ? 0 : line[i - distance]!;
    const b = above[i]!;
    if (filter === 1) line[i]! += a;
    else if (filter === 2) line[i]! += b;
    else if (filter === 3) line[i]! += (a + b) >> 1;
    else line[i]! += paeth(a, b, i < distance ? 0 : above[i - distance]!);
  }
}

function paeth(a: number, b: number, c: number): number {
  const toA = Math.abs(b - c);
  const toB = Math.abs(a - c);
  const toC = Math.abs(a + b - 2 * c);
  if (toA <= toB && toA <= toC) return a;
  return toB <= toC ? b : c;
}

/**
 * Rows as they are packed: each behind the number of its filter, 0 (none) or 2 (up), whichever is smaller in
 * sum.
 */
export function filterRows(pixels: Uint8Array, height: number): Uint8Array {
  const stride = pixels.length / height;
  const filtered = new Uint8Array(pixels.length + height);
  const above = new Uint8Array(stride);
  const difference = new Uint8Array(stride);
  for (let row = 0; row < height; row++) {
    const current = pixels.subarray(row * stride, (row + 1) * stride);
    for (let i = 0; i < stride; i++) difference[i] = current[i]! - above[i]!;
    const up = weight(difference) < weight(current);
    filtered[row * (stride + 1)] = up ? 2 : 0;
    filtered.set(up ? difference : current, row * (stride + 1) + 1);
    above.set(current);
  }
  return filtered;
}

/**
 * The specification's heuristic for choosing a filter: the sum of the bytes taken as signed, without their
 * signs.
 */
function weight(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum + Math.min(byte, 256 - byte), 0);
}

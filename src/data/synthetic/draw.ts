/** Rows and columns of an image. */
export const size = 28;

/** Ink on paper: coverage from 0 to 1, `size * size` values, row by row. */
export type Sheet = Float64Array;

/** A disc of ink, in pixels. */
export interface Disc {
  /** The left pixel's centre is 0.5. */
  readonly x: number;
  /** Downwards. */
  readonly y: number;
  readonly radius: number;
  /** How far its edge fades. */
  readonly softness: number;
  /** How black the ink is, 0 to 1. */
  readonly strength: number;
}

/** Sets down a round pen. Overlapping discs do not add up, so a dense row of them is one clean stroke. */
export function stamp(sheet: Sheet, { x, y, radius, softness, strength }: Disc): void {
  const reach = radius + softness / 2;
  const left = Math.max(0, Math.floor(x - reach));
  const right = Math.min(size - 1, Math.floor(x + reach));
  const top = Math.max(0, Math.floor(y - reach));
  const bottom = Math.min(size - 1, Math.floor(y + reach));
  for (let row = top; row <= bottom; row++) {
    const dy = row + 0.5 - y;
    for (let column = left; column <= right; column++) {
      const dx = column + 0.5 - x;
      const covered = (reach - Math.sqrt(dx * dx + dy * dy)) / softness;
      if (covered <= 0) continue;
      const ink = Math.min(1, covered) * strength;
      const pixel = row * size + column;
      if (ink > sheet[pixel]!) sheet[pixel] = ink;
    }
  }
}

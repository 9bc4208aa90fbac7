import { Random, streams } from '../../base/philox.js';
import { between, clamp } from './chance.js';
import { type Sheet, size, stamp } from './draw.js';

/** Grain of brush and paper, as a square tile of values in [0, 1] that repeats without a seam. */
export type Grain = Float64Array;

const side = 64;

/** Each value is the mean of 2x2 uniform draws, so that the grain is a little coarser than a pixel. */
export function makeGrain(seed: number, substream: number): Grain {
  const random = new Random(seed, streams.synthetic, substream);
  const raw = Float64Array.from({ length: side * side }, () => random.uniform());
  return raw.map((value, index) => {
    const row = index - (index % side);
    const right = row + ((index + 1) % side);
    const below = (index + side) % raw.length;
    const diagonal = (right + side) % raw.length;
    return (value + raw[right]! + raw[below]! + raw[diagonal]!) / 4;
  });
}

/**
 * Lets the grain eat into the ink: edges turn ragged, and where the grain is strongest a dry brush shows the
 * paper.
 * @param dryness 0 leaves the ink as it is, 1 takes up to half of full ink away
 */
export function dryOut(sheet: Sheet, random: Random, grain: Grain, dryness: number): void {
  const rowShift = random.below(side);
  const columnShift = random.below(side);
  for (let row = 0; row < size; row++) {
    const grainRow = ((row + rowShift) % side) * side;
    for (let column = 0; column < size; column++) {
      const value = grain[grainRow + ((column + columnShift) % side)]!;
      const ink = sheet[row * size + column]!;
      sheet[row * size + column] = clamp(ink + dryness * (0.5 * ink - value), 0, 1);
    }
  }
}

/**
 * The tip of a stroke of the neighbouring character in the column, reaching into the image from above or
 * below.
 */
export function drawIntruder(sheet: Sheet, random: Random, penWidth: number): void {
  const fromTop = random.below(2) === 0;
  const depth = between(random, 1, 4);
  const lean = between(random, -1.5, 1.5);
  let x = between(random, 3, size - 3);
  for (let down = -1; down <= depth; down += 0.3) {
    const y = fromTop ? down : size - down;
    stamp(sheet, { x, y, radius: penWidth * 0.4, softness: 1.2, strength: 0.9 });
    x += 0.3 * lean;
  }
}

/** A few dots of ink beside the strokes. */
export function splash(sheet: Sheet, random: Random, count: number): void {
  for (let i = 0; i < count; i++) {
    const x = between(random, 0, size);
    const y = between(random, 0, size);
    const radius = between(random, 0.2, 0.8);
    stamp(sheet, { x, y, radius, softness: 1.2, strength: between(random, 0.2, 0.9) });
  }
}

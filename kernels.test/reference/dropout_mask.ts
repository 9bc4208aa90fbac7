import { philox4x32 } from './philox.js';

/** What a dropout mask is a function of, beside the position of the element. */
export interface DropoutDraw {
  /** Share of elements to drop, in [0, 1). */
  readonly probability: number;
  /** The low and high u32 of the trial's seed. */
  readonly seed: readonly [number, number];
  /** Optimiser step, counted from 0 over the whole run. */
  readonly step: number;
  /** Tells the dropout layers of one network apart. */
  readonly layer: number;
  /** The random stream of dropout: `streams.dropout` of the engine. */
  readonly stream: number;
}

/**
 * The mask of a [rows, columns] activation: 1 where kept. Four neighbouring columns share one Philox block,
 * whose counter is [row * ceil(columns / 4) + floor(column / 4), step, layer, stream] under the seed as key;
 * an element is kept where its word >= floor(probability * 2^32).
 */
export function dropoutMask(rows: number, columns: number, draw: DropoutDraw): Uint8Array {
  const { probability, seed, step, layer, stream } = draw;
  if (!(probability >= 0 && probability < 1))
    throw new RangeError(`dropout probability is ${probability}; it must lie in [0, 1)`);
  const threshold = Math.floor(probability * 0x1_0000_0000);
  const quads = Math.ceil(columns / 4);
  const mask = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let quad = 0; quad < quads; quad++) {
      const words = philox4x32([row * quads + quad, step, layer, stream], seed);
      for (let column = 4 * quad; column < Math.min(4 * quad + 4, columns); column++) {
        mask[row * columns + column] = words[column % 4]! >= threshold ? 1 : 0;
      }
    }
  }
  return mask;
}

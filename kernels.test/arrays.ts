import { Random } from '../src/base/philox.js';

/** Keeps test data apart from the streams of the engine. */
const TEST_STREAM = 99;

/** `length` f32 values uniform in [low, high), the same ones for the same seed. */
export function uniform(length: number, seed: number, low = -1, high = 1): Float32Array {
  const random = new Random(seed, TEST_STREAM);
  return Float32Array.from({ length }, () => low + (high - low) * random.uniform());
}

/** `length` integers uniform in [0, bound). */
export function integers(length: number, seed: number, bound: number): Uint32Array {
  const random = new Random(seed, TEST_STREAM);
  return Uint32Array.from({ length }, () => random.below(bound));
}

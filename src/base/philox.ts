/**
 * Philox 4x32-10, the counter-based generator of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3"
 * (SC11).
 *
 * A draw is a pure function of (seed, stream, counter): nothing is stored and no order of calls matters.
 * `shaders/lib/philox.wgsl` is the same function on the GPU.
 */

/** Streams keep the uses of one seed apart, on the host and on the GPU. */
export const streams = { dropout: 0, init: 1, split: 2, shuffle: 3, synthetic: 4, sweep: 5 } as const;

/**
 * Ten rounds on a 128-bit counter under a 64-bit key; writes four u32 to `out`.
 * @param counter four u32
 * @param key two u32
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    const high0 = multiplyHigh(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of the 64-bit product of two u32, from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middleLow = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middleLow / 0x10000)) | 0;
}

/** A sequential view of one Philox stream, for host-side work: initial weights, splits, shuffles, drawing. */
export class Random {
  private readonly block = new Uint32Array(4);
  private counter = 0;
  private used = 4;

  /**
   * @param seed any non-negative safe integer (64-bit key: low and high word)
   * @param stream one of `streams`
   * @param substream tells apart independent sequences of one stream, such as the epoch of a shuffle
   */
  constructor(
    private readonly seed: number,
    private readonly stream: number,
    private readonly substream = 0,
  ) {}

  /** The next u32. */
  uint32(): number {
    if (this.used === 4) {
      const key = [this.seed >>> 0, Math.floor(this.seed / 0x1_0000_0000)] as const;
      philox([this.counter++, 0, this.substream, this.stream], key, this.block);
      this.used = 0;
    }
    return this.block[this.used++]!;
  }

  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Uniform integer in [0, bound): Lemire's multiply-shift; its bias is below bound / 2^32. */
  below(bound: number): number {
    return Math.floor((this.uint32() * bound) / 0x1_0000_0000);
  }

  /** Normal with mean 0 and standard deviation 1 (Box-Muller, one of the pair). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** Fisher-Yates, in place. */
  shuffle<T extends Uint32Array>(values: T): T {
    for (let i = values.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swap = values[i]!;
      values[i] = values[j]!;
      values[j] = swap;
    }
    return values;
  }
}

import { crc32 } from 'node:zlib';
import { Random } from '../../base/philox.js';

/** The draws behind one mutated input: a function of (parser, seed, index) and of nothing else. */
export class Chance {
  private readonly random: Random;

  constructor(parser: string, seed: number, index: number) {
    this.random = new Random(seed, crc32(parser), index);
  }

  /** Uniform integer in [0, bound). */
  below(bound: number): number {
    return this.random.below(bound);
  }

  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  one<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** 1 in half of the cases, 2 in a quarter of them, and so on, up to `most`. */
  few(most = 8): number {
    let count = 1;
    while (count < most && this.oneIn(2)) count++;
    return count;
  }

  uint32(): number {
    return this.random.uint32();
  }
}

import { describe, expect, it } from 'vitest';
import { philox, Random, streams } from './philox.js';
import { type Counter, type Key, philox4x32 } from '../../kernels.test/reference/philox.js';

/** Both implementations as functions from counter and key to four u32. */
const implementations = {
  'the BigInt reference': philox4x32,
  'the engine': (counter: Counter, key: Key): Counter => {
    const out = new Uint32Array(4);
    philox(counter, key, out);
    return [out[0]!, out[1]!, out[2]!, out[3]!];
  },
};

/** Random123, tests/kat_vectors, the lines "philox4x32 10": counter, key, output. */
const knownAnswers = [
  '00000000 00000000 00000000 00000000 00000000 00000000 6627e8d5 e169c58d bc57ac4c 9b00dbd8',
  'ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff 408f276d 41c83b0e a20bc7c6 6d5451fd',
  '243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0 d16cfe09 94fdcceb 5001e420 24126ea1',
].map((line) => line.split(' ').map((word) => Number.parseInt(word, 16)));

describe.each(Object.entries(implementations))('Philox 4x32-10 of %s', (_, generate) => {
  it.each(knownAnswers)('gives the published answer for %i %i %i %i', (...words) => {
    const [c0, c1, c2, c3, k0, k1, ...answer] = words as [number, number, number, number, number, number];
    expect(generate([c0, c1, c2, c3], [k0, k1])).toEqual(answer);
  });
});

describe('Philox 4x32-10', () => {
  it('is the same function in the engine and in the reference, over 100,000 counters and keys', () => {
    const words = new Uint32Array(6);
    const output = new Uint32Array(4);
    // Words with long runs of ones and zeros carry furthest in the 16-bit halves of the engine's products.
    const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff];
    let state = 1;
    const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
    const different: string[] = [];
    for (let trial = 0; trial < 100_000; trial++) {
      for (let i = 0; i < 6; i++) {
        const high = next();
        const drawn = ((high & 0xffff0000) | (next() >>> 16)) >>> 0;
        words[i] = trial % 2 === 0 ? drawn : edges[drawn % edges.length]!;
      }
      const counter: Counter = [words[0]!, words[1]!, words[2]!, words[3]!];
      const key: Key = [words[4]!, words[5]!];
      philox(counter, key, output);
      const expected = philox4x32(counter, key);
      if (output.some((word, i) => word !== expected[i])) different.push(`${counter.join()} ${key.join()}`);
    }
    expect(different).toEqual([]);
  });

  it('changes half of the output bits when one bit of counter or key changes', () => {
    let flips = 0;
    const base = philox4x32([1, 2, 3, 4], [5, 6]);
    for (let bit = 0; bit < 192; bit++) {
      const words = [1, 2, 3, 4, 5, 6];
      words[bit >> 5] = (words[bit >> 5]! ^ (1 << (bit & 31))) >>> 0;
      const [c0, c1, c2, c3, k0, k1] = words as [number, number, number, number, number, number];
      const changed = philox4x32([c0, c1, c2, c3], [k0, k1]);
      flips += changed.reduce((count, word, i) => count + populationCount(word ^ base[i]!), 0);
    }
    // 192 * 128 bits, half of them expected; five standard deviations are 392.
    expect(Math.abs(flips - 96 * 128)).toBeLessThan(392);
  });
});

describe('Random', () => {
  it('reads the blocks [counter, 0, substream, stream] under the seed, word by word', () => {
    const seed = 0x1_2345_6789;
    const random = new Random(seed, streams.shuffle, 7);
    const key: Key = [0x23456789, 1];
    const expected = [0, 1].flatMap((counter) => [...philox4x32([counter, 0, 7, streams.shuffle], key)]);
    expect(Array.from({ length: 8 }, () => random.uint32())).toEqual(expected);
  });

  it('has a stream of its own for each use', () => {
    expect(new Set(Object.values(streams)).size).toBe(Object.values(streams).length);
  });
});

function populationCount(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest > 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

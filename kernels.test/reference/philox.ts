/** Four and two u32: the counter (or output) and the key of Philox 4x32. */
export type Counter = readonly [number, number, number, number];
export type Key = readonly [number, number];

const MULTIPLIERS = [0xd2511f53n, 0xcd9e8d57n] as const;
const WEYL = [0x9e3779b9n, 0xbb67ae85n] as const;
const WORD = 0xffffffffn;

/**
 * Philox 4x32-10 (Salmon et al., SC11, section 3.3 and table 2) on BigInt, so that the 32 x 32 -> 64 bit
 * products are taken as written; the engine builds them from 16-bit halves.
 */
export function philox4x32(counter: Counter, key: Key): Counter {
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const left = MULTIPLIERS[0] * a;
    const right = MULTIPLIERS[1] * c;
    [a, b, c, d] = [(right >> 32n) ^ b ^ k0, right & WORD, (left >> 32n) ^ d ^ k1, left & WORD];
    k0 = (k0 + WEYL[0]) & WORD;
    k1 = (k1 + WEYL[1]) & WORD;
  }
  return [Number(a), Number(b), Number(c), Number(d)];
}

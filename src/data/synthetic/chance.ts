import type { Random } from '../../base/philox.js';

/*
 * Everything that decides a byte of the synthetic set uses only + - * / and Math.sqrt, floor, min, max and
 * abs: IEEE 754 and ECMAScript fix their every bit. Math.sin, exp, log and pow may differ from one engine or
 * version to the next.
 */

/**
 * A draw with mean 0 and standard deviation 1, bell-shaped and never beyond ±3.47: four uniform draws added
 * up (the Irwin-Hall distribution), which needs no logarithm.
 */
export function bell(random: Random): number {
  const sum = random.uniform() + random.uniform() + random.uniform() + random.uniform();
  return (sum - 2) * Math.sqrt(3);
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

import { afterAll, beforeAll, beforeEach, expect, type TestContext } from 'vitest';
import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import {
  hasLowTiles,
  type ProductVariant,
  productVariant,
  productVariants,
  runnableVariants,
} from '../../src/kernels/index.js';
import { integers } from '../arrays.js';
import type { TestTensor } from '../gpu-harness.js';
import { deviceMode } from '../../src/testing/modes.js';
import { openDevice, whyNot } from './devices.js';

/**
 * Opens the device of the mode (src/testing/modes.ts) for the tests of a file, and checks in the end that
 * they left no buffer and no error behind. Where the mode cannot run, its tests are skipped, with the reason.
 */
export function useGpu(): () => Gpu {
  let gpu: Gpu | undefined;
  const missing = whyNot(deviceMode);
  beforeAll(async () => {
    if (missing === null) gpu = await openDevice(deviceMode);
  });
  beforeEach((context) => {
    if (missing !== null) context.skip(missing);
  });
  afterAll(() => {
    gpu?.check();
    if (gpu !== undefined) expect(gpu.count()).toEqual({ buffers: 0, bytes: 0 });
  });
  return () => gpu!;
}

/** A tensor in f64, and how far the kernel's f32 may lie from it. */
export interface Expected {
  readonly values: Float64Array;
  readonly bound: Float64Array;
}

/**
 * Sizes around the edges of vec4 (4), of the tile variant's rounds (16), and of the tiles of a product (32).
 */
export const edgeSizes = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];

/**
 * Traits for which every product takes one variant, as with a tuning file; skips the test where the adapter
 * cannot run it.
 * @param variant null for a kernel that has none: the adapter's own traits
 */
export function traitsFor(gpu: Gpu, variant: ProductVariant | null, context: TestContext): AdapterTraits {
  if (variant === null) return gpu.traits;
  if (!runnableVariants(gpu.traits).includes(variant))
    context.skip(`${gpu.description} cannot run the variant ${variant}`);
  const traits = { ...gpu.traits, tuning: [{ variant }] };
  const shape = { kernel: 'any', rows: 1, columns: 1, inner: 1 };
  expect(productVariant(traits, shape)).toBe(variant);
  return traits;
}

/** The variants of kernels that need low tiles. */
export const lowTileVariants = productVariants.filter(hasLowTiles);

/** How elementwise kernels are cut depends on this alone. */
export const spans = [
  { cut: 'as on a CPU', software: true },
  { cut: 'as on a GPU', software: false },
];

/**
 * Lengths around the ends of workgroups (256 and 512) and of spans (1024 and 4096 elements), and some in
 * between.
 */
export const lengths = [1, 3, 4, 5, 255, 256, 257, 1023, 1024, 1025, 2047, 2049, 4095, 4096, 4097, 8193];

/** A tensor with one array per trial. */
export function matrix(
  role: TestTensor['role'],
  rows: number,
  columns: number,
  data?: TestTensor['data'],
): TestTensor {
  return { role, rows, columns, ...(data === undefined ? {} : { data }) };
}

/** A single row without padding rows. */
export function vector(role: TestTensor['role'], columns: number, data?: TestTensor['data']): TestTensor {
  return { ...matrix(role, 1, columns, data), vector: true };
}

/**
 * A parameter, its gradient or a moment: as in the engine, a window onto an arena that holds others around
 * it.
 */
export function inArena(tensor: TestTensor): TestTensor {
  return { ...tensor, arena: { before: 64, after: 128 } };
}

/** Whole numbers in -4..4: sums of thousands of their products are exact in f32, in every order. */
export function wholeNumbers(length: number, seed: number): Float32Array {
  return Float32Array.from(integers(length, seed, 9), (value) => value - 4);
}

/** One array per trial, from a seed that differs from trial to trial. */
export function perTrial(trials: number, make: (seed: number) => Float32Array): Float32Array[] {
  return Array.from({ length: trials }, (_, trial) => make(1000 * trial));
}

/** Asserts that two arrays hold the same bits; unlike ===, NaN equals itself and 0 differs from -0. */
export function expectSameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  const [a, b] = [actual, expected].map(
    (array) => new Uint32Array(array.buffer, array.byteOffset, array.length),
  );
  const different = a!.findIndex((bits, i) => bits !== b![i]);
  expect(different, `${what}: first element with other bits`).toBe(-1);
  expect(actual.length).toBe(expected.length);
}

/**
 * Asserts that a padded matrix holds zeros beyond the logical columns of its rows.
 * @param zeroRows and in its padding rows
 */
export function expectZeroPadding(
  whole: Float32Array,
  rows: number,
  columns: number,
  what: string,
  zeroRows: boolean,
): void {
  const stride = Math.ceil(columns / 4) * 4;
  const wrong = whole.findIndex(
    (value, i) => value !== 0 && (i < rows * stride ? i % stride >= columns : zeroRows),
  );
  expect(wrong, `${what}: first padding element that is not 0`).toBe(-1);
}

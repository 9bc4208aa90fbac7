import type { AdapterTraits } from '../gpu/index.js';
import type { Matrix, ProductShape } from './kernel.js';
import { productVariants, type ProductVariant } from './source.js';

/** The tile of C that one workgroup makes. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

export const productTiles: Readonly<Record<ProductVariant, Tile>> = {
  tile: { rows: 32, columns: 32 },
  tile128: { rows: 128, columns: 128 },
  split: { rows: 8, columns: 32 },
  register: { rows: 32, columns: 32 },
  wide: { rows: 32, columns: 32 },
  subgroup8: { rows: 32, columns: 32 },
  subgroup8_low: { rows: 8, columns: 32 },
};

/** Columns of the narrowest tile: how many classes the fused loss can take. */
export const productTile = 32;

/** Whether kernels can take a variant whose `product` is `low-tiles`. */
export function hasLowTiles(variant: ProductVariant): boolean {
  return productTiles[variant].rows <= 32;
}

/**
 * Up to so many rows a software adapter is faster with tiles of 8 rows, although that reads B once per 8 rows
 * and not once per 32.
 *
 * By scripts/tune.js on lavapipe, over the forward and input-gradient products of 784-256-128-10: with 8
 * lanes `subgroup8_low` is 1.6 to 2.4 times as fast as `subgroup8` at 8 rows, 1.1 to 1.2 times at 12 and 16,
 * 0.85 to 0.9 times at 20. With 4 lanes `split`, then of 8 slices, was 2 to 3.7 times as fast as `register`
 * at 8 rows, 1.2 to 1.9 times at 16, 0.7 to 0.9 times at 32.
 */
const fewRows = 16;

/** On a software adapter shorter sums are not worth splitting. */
const longSum = 64;

/**
 * Whether a GPU is faster with `split`: where 32x32 tiles are few, each of them is a chain of rounds that
 * waits for memory, and most of the GPU is idle.
 *
 * By scripts/tune.js on an H200, over the products of 784-256-128-10 and 784-1024-1024-10 at 32 to 4096 rows:
 * `split` is 1.1 to 2 times as fast as `tile` up to 64 tiles, whatever the sum; 1.3 to 4 times at 128 to 256
 * tiles and sums of 128 to 1024; and 0.7 to 1.1 times at 800 and more.
 */
function isSplitOnGpu(tiles: number, inner: number): boolean {
  return tiles <= 64 || tiles < Math.min(2 * inner, 512);
}

/**
 * From so many tiles of 128x128 on a GPU is full of them: on an H200 `tile128` is 1.2 to 1.9 times as fast as
 * `tile` at 224 to 2048 of them, and slower at 64.
 */
const manyLargeTiles = 200;

/**
 * Which matrix product a kernel gets. A rule, not a stopwatch: variants add in different orders, so the
 * choice must be the same each time. It stands in the plan and in the run's record. A tuning file that the
 * user names comes first (`AdapterTraits.tuning`).
 *
 * - software adapters with subgroups of 8 lanes (lavapipe): `subgroup8`; `subgroup8_low` for few rows
 * - SwiftShader: `wide`, for any shape: by scripts/tune.js there, over the products of 784-256-128-10 at 1 to
 *   128 rows, it is 1.7 to 5 times as fast as the next best
 * - other software adapters: `register`; `split` for few rows and long sums
 * - everything else, that is, GPUs: `split` where 32x32 tiles are few; `tile128` where tiles of 128x128 are
 *   many; else `tile`
 *
 * @param shape left out: the variant for large matrices
 * @param lowTiles true for kernels whose epilogue keeps a tile in workgroup memory
 */
export function productVariant(
  traits: AdapterTraits,
  shape?: ProductShape,
  lowTiles = false,
): ProductVariant {
  const fits = (variant: ProductVariant): boolean => !lowTiles || hasLowTiles(variant);
  if (shape !== undefined) {
    const tuned = tunedVariant(traits, shape, fits);
    if (tuned !== null) return tuned;
    const special = traits.software ? smallOnSoftware(traits, shape) : specialOnGpu(shape);
    if (special !== null && fits(special)) return special;
  }
  if (!traits.software) return 'tile';
  if (traits.softwareDriver === 'swiftshader') return 'wide';
  return traits.subgroupSize === 8 ? 'subgroup8' : 'register';
}

function smallOnSoftware(traits: AdapterTraits, { rows, inner }: ProductShape): ProductVariant | null {
  if (traits.softwareDriver === 'swiftshader' || rows > fewRows) return null;
  if (traits.subgroupSize === 8) return 'subgroup8_low';
  return inner >= longSum ? 'split' : null;
}

function specialOnGpu(shape: ProductShape): ProductVariant | null {
  if (isSplitOnGpu(tilesOf('tile', shape), shape.inner)) return 'split';
  return tilesOf('tile128', shape) >= manyLargeTiles ? 'tile128' : null;
}

function tilesOf(variant: ProductVariant, { rows, columns }: Matrix): number {
  const tile = productTiles[variant];
  return Math.ceil(rows / tile.rows) * Math.ceil(columns / tile.columns);
}

/** What the first entry says that is about this shape and names a variant that adapter and kernel can do. */
function tunedVariant(
  traits: AdapterTraits,
  shape: ProductShape,
  fits: (variant: ProductVariant) => boolean,
): ProductVariant | null {
  const possible = runnableVariants(traits).filter(fits);
  for (const { kernel, rows, columns, inner, variant: named } of traits.tuning ?? []) {
    const variant = possible.find((each) => each === named);
    if (
      variant !== undefined &&
      (kernel ?? shape.kernel) === shape.kernel &&
      (rows ?? shape.rows) === shape.rows &&
      (columns ?? shape.columns) === shape.columns &&
      (inner ?? shape.inner) === shape.inner
    )
      return variant;
  }
  return null;
}

/**
 * Whether a step updates the parameters of all layers in one dispatch: 2n dispatches for n layers, not
 * 3n - 1.
 *
 * GPUs do, which a small network keeps waiting for launches; but not where one layer's tiles fill them, nor
 * with large batches, whose long sums pay for the choice of an arena: on an H200 a step of 784-256-128-10 is
 * 1.64 times as fast at batch 32, 1.17 times at 256 and 0.77 times at 1024.
 * Software adapters do not: there the choice of an arena costs every load a branch, 5 % of a step of
 * 784-256-128-10 on lavapipe at batch 32 to 256.
 * @param layers the weights of each @param batch rows of a step
 */
export function updatesTogether(traits: AdapterTraits, layers: readonly Matrix[], batch: number): boolean {
  if (traits.software || batch > 256) return false;
  return layers.every((layer) => tilesOf('tile128', layer) < manyLargeTiles);
}

/**
 * Every product variant that an adapter can run; tests and tuning go through all of them. `wide` would do
 * elsewhere, too, but has too many sums for the registers of a GPU, and takes lavapipe seconds to compile.
 */
export function runnableVariants(traits: AdapterTraits): readonly ProductVariant[] {
  const eightLanes = traits.subgroupSize === 8;
  const wide = traits.softwareDriver === 'swiftshader' || (traits.software && !eightLanes);
  return productVariants.filter((variant) => {
    if (variant === 'wide') return wide;
    return eightLanes || !variant.startsWith('subgroup8');
  });
}

/** How elementwise kernels are cut: few large pieces on a CPU, which loops over workgroups; many on a GPU. */
export function span(traits: AdapterTraits): { readonly WORKGROUP: number; readonly ITEMS: number } {
  return traits.software ? { WORKGROUP: 8, ITEMS: 64 } : { WORKGROUP: 64, ITEMS: 4 };
}

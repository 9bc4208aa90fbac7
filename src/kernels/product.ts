import type { AdapterTraits } from '../gpu/index.js';
import {
  elements,
  padded,
  type CheckedCall,
  type Configuration,
  type Matrix,
  type Operand,
} from './kernel.js';
import { productTiles, productVariant } from './rules.js';

/** Bytes of matrices, each once. */
export const bytesOf = (...matrices: readonly Matrix[]): number =>
  4 * matrices.reduce((sum, matrix) => sum + elements(matrix), 0);

/** The batch that a layer reads. */
export interface Batch extends Matrix {
  /** From one trial's to the next: vec4 of x, or indices. */
  readonly stride: number;
  /** Bytes read. */
  readonly bytes: number;
}

/** The batch that is a tensor x (shaders/lib/tensor.wgsl). */
export function tensorBatch(call: CheckedCall): Batch {
  const x = call.operand('x');
  return { ...x, stride: x.trialStride / 4, bytes: bytesOf(x) };
}

/** The batch read straight from images (shaders/lib/images.wgsl); its rows are the attribute `batch`. */
export function imageBatch(call: CheckedCall): Batch {
  const { columns } = call.operand('images');
  const rows = call.attribute('batch');
  const stride = call.operand('indices').trialStride;
  return { rows, columns, stride, bytes: rows * (padded(columns) + 4) };
}

/** C [rows, columns] = A B over `inner`: logical sizes, and where the trials' slices of the three lie. */
interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly a: Pick<Batch, 'stride'>;
  readonly b: Operand;
  readonly c: Operand;
  /** See `productVariant`. */
  readonly lowTiles?: boolean;
  /** Whether a wide C is made in bands: see `bandOf`. */
  readonly bands?: boolean;
}

/** More columns of tiles than this are made in bands of at most so many. */
const widestBand = 8;

/**
 * How many columns of tiles are made together, row of tiles by row of tiles: a divisor of all, so that every
 * band has as many. For the gradient of weights, whose C no cache holds in wide layers: tiles that follow
 * one another lie side by side in it and share their columns of A. On lavapipe that gradient takes up to 20 %
 * less time in layers of 2048 and 4096; layers of 256 keep their order. Other products gain nothing: their
 * columns of B are long, and few fit a cache (docs/performance.md).
 */
export function bandOf(columns: number): number {
  if (columns <= widestBand) return 1;
  for (let band = widestBand; ; band--) if (columns % band === 0) return band;
}

/**
 * Variant, grid and cost of a product, and the parameters that every product has. Rows come first in the
 * grid: workgroups that follow one another share their columns of B, which is the weights in most products
 * and then larger than what a cache holds of A (layers of 2048: a fifth to a third faster on a software
 * adapter).
 */
export function product(
  { kernel }: CheckedCall,
  traits: AdapterTraits,
  { rows, columns, inner, a, b, c, lowTiles = false, bands = false }: Product,
): Omit<Configuration, 'constants' | 'bytes'> {
  const shape = { kernel, rows, columns, inner };
  const variant = productVariant(traits, shape, lowTiles);
  const tile = productTiles[variant];
  const tiles = [Math.ceil(padded(rows) / tile.rows), Math.ceil(padded(columns) / tile.columns)] as const;
  const band = bands ? bandOf(tiles[1]) : 1;
  return {
    variant,
    product: shape,
    grid: [tiles[0] * band, tiles[1] / band],
    params: {
      rows: padded(rows),
      inner4: padded(inner) / 4,
      columns4: padded(columns) / 4,
      a_stride: a.stride,
      b_stride: b.trialStride / 4,
      c_stride: c.trialStride / 4,
      band,
    },
    flops: 2 * rows * columns * inner,
  };
}

import type { AdapterTraits } from '../gpu/index.js';
import { attribute, operand, requireShape } from './guard.js';
import {
  elements,
  padded,
  type Configuration,
  type KernelCall,
  type Matrix,
  type Operand,
  type ProductShape,
} from './kernel.js';
import { productTiles, productVariant } from './rules.js';

/** Bytes of matrices, each once. */
export const bytesOf = (...matrices: readonly Matrix[]): number =>
  4 * matrices.reduce((sum, matrix) => sum + elements(matrix), 0);

/**
 * Variant and grid of a product. Rows come first: workgroups that follow one another share their columns of B, which is the weights
 * in most products and then larger than what a cache holds of A (layers of 2048: a fifth to a third faster on a software adapter).
 * @param wholeTiles see `productVariant`
 */
export function product(
  shape: ProductShape,
  traits: AdapterTraits,
  wholeTiles = false,
): Pick<Configuration, 'variant' | 'grid' | 'product'> {
  const variant = productVariant(traits, shape, wholeTiles);
  const tile = productTiles[variant];
  const grid = [
    Math.ceil(padded(shape.rows) / tile.rows),
    Math.ceil(padded(shape.columns) / tile.columns),
  ] as const;
  return { variant, grid, product: shape };
}

/** The batch that a layer reads: a tensor `x`, or rows of `images` picked by `indices`. */
export interface Batch {
  readonly shape: Matrix;
  /** Parameters of lib/images.wgsl; none for a tensor. */
  readonly params: Readonly<Record<string, number>>;
  /** Bytes read. */
  readonly bytes: number;
}

/** The batch of a layer that reads a tensor. */
export function tensorBatch(kernel: string, call: KernelCall): Batch {
  const x = operand(kernel, call, 'x');
  return { shape: x, params: {}, bytes: bytesOf(x) };
}

/** The batch of a layer that reads images; its rows are the attribute `batch`. */
export function imageBatch(kernel: string, call: KernelCall): Batch {
  const images = operand(kernel, call, 'images');
  const indices = operand(kernel, call, 'indices');
  const rows = attribute(kernel, call, 'batch');
  const image4 = padded(images.columns) / 4;
  return {
    shape: { rows, columns: images.columns },
    params: { indices_stride: indices.trialStride, image4 },
    bytes: rows * (4 * image4 + 4),
  };
}

/** w [in, out] and b [out] of a layer, checked against each other. */
export function weights(
  kernel: string,
  call: KernelCall,
  inputs: number,
  outputs: number,
): { readonly w: Operand; readonly b: Operand } {
  const w = operand(kernel, call, 'w');
  const b = operand(kernel, call, 'b');
  requireShape(kernel, 'w', w, { rows: inputs, columns: outputs });
  requireShape(kernel, 'b', b, { rows: 1, columns: outputs });
  return { w, b };
}

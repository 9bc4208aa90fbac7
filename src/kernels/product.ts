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
  readonly wholeTiles?: boolean;
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
  { rows, columns, inner, a, b, c, wholeTiles = false }: Product,
): Omit<Configuration, 'constants' | 'bytes'> {
  const shape = { kernel, rows, columns, inner };
  const variant = productVariant(traits, shape, wholeTiles);
  const tile = productTiles[variant];
  return {
    variant,
    product: shape,
    grid: [Math.ceil(padded(rows) / tile.rows), Math.ceil(padded(columns) / tile.columns)],
    params: {
      rows: padded(rows),
      inner4: padded(inner) / 4,
      columns4: padded(columns) / 4,
      a_stride: a.stride,
      b_stride: b.trialStride / 4,
      c_stride: c.trialStride / 4,
    },
    flops: 2 * rows * columns * inner,
  };
}

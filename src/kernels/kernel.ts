import type { AdapterTraits } from '../gpu/index.js';
import type { ProductVariant } from './source.js';

/** A matrix as kernels see it: row-major, both sides padded with zeros to multiples of 4. */
export interface Matrix {
  /** Logical size. */
  readonly rows: number;
  readonly columns: number;
  /** A vector is a single row that is not padded to four; such are biases, labels and row losses. */
  readonly vector?: boolean;
}

/** The least multiple of 4 that is not below `size`: what a side of that size takes in memory. */
export function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}

/** f32 elements that one trial's matrix takes, with padding. */
export function elements(matrix: Matrix): number {
  return (matrix.vector === true ? 1 : padded(matrix.rows)) * padded(matrix.columns);
}

/** Where a kernel meets one tensor: its shape, and how far apart two trials' slices of it lie. */
export interface Operand extends Matrix {
  /** f32 elements from one trial's slice to the next; a tensor of its own has `elements(matrix)`. */
  readonly trialStride: number;
}

/** What a kernel is asked to do: its operands by binding name, and settings that are not shapes. */
export interface KernelCall {
  readonly operands: Readonly<Record<string, Operand>>;
  readonly attributes: Readonly<Record<string, number>>;
}

/** A matrix product C[rows, columns] = A B over `inner`, as a kernel asks for it. Logical sizes. */
export interface ProductShape {
  readonly kernel: string;
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
}

/** How a kernel does it: everything about one dispatch but the buffers. Plain data. */
export interface Configuration {
  /** The matrix product's variant; null for kernels without a product. */
  readonly variant: ProductVariant | null;
  /** The product's shape, if there is one: what the choice of the variant went by. */
  readonly product?: ProductShape;
  readonly constants: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, number>>;
  /** Workgroups in x and y; z is the number of trials. */
  readonly grid: readonly [number, number];
  /** Per trial: floating-point operations of the useful (unpadded) work. */
  readonly flops: number;
  /** Per trial: bytes that the operands take, each read or written once. */
  readonly bytes: number;
}

/** A call whose operands and attributes are checked as they are read; what is wrong throws a `bug`. */
export interface CheckedCall {
  readonly kernel: string;
  /** The operand bound to `name`. @param shape that it must have: what the other operands imply */
  readonly operand: (name: string, shape?: Matrix) => Operand;
  readonly attribute: (name: string) => number;
  /** An attribute that is 0 where the call leaves it out. */
  readonly optional: (name: string) => number;
}

/** One WGSL file, as the host sees it; registry.ts gives it its name, which is the file's in shaders/. */
export interface KernelRecord {
  /**
   * For kernels that are built on a matrix product: which of its variants fit. `low-tiles` are those with
   * tiles of at most 32 rows, for epilogues that keep a tile in workgroup memory.
   */
  readonly product?: 'every-variant' | 'low-tiles';
  /** Chooses variant, constants, parameters and grid for a call; without a product there is no variant. */
  readonly configure: (
    call: CheckedCall,
    traits: AdapterTraits,
  ) => Omit<Configuration, 'variant' | 'constants'> & Partial<Configuration>;
}

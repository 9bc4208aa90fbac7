/** Tensors in host memory. */

/** A matrix, or a vector. Logical sizes: padding is the engine's business. */
export type Shape = readonly [rows: number, columns: number] | readonly [length: number];

/** What the elements of an operand are. `bytes` are those of images. */
export type ElementType = 'f32' | 'u32' | 'bytes' | 'f32 and u32 in turn';

/** A tensor in row-major order, without padding. */
export interface HostTensor {
  readonly shape: Shape;
  /** Float32Array for `f32`, Uint32Array for `u32` and pairs (as 32-bit words), Uint8Array for `bytes`. */
  readonly data: Float32Array | Uint32Array | Uint8Array;
}

import { EngineError } from '../base/errors.js';

/** What a tensor's elements can lie in; the kind of array is the tensor's type. */
export type TensorData = Float32Array | Float64Array | Uint8Array | Uint32Array | BigInt64Array;

/**
 * An array of numbers in row-major order: `data.length` is the product of `shape`, 1 for a scalar (`shape`
 * []).
 */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Tensors by name. */
export type Tensors = ReadonlyMap<string, Tensor>;

/** Names of element types, as safetensors spells them. */
export type Dtype = 'I64' | 'F64' | 'F32' | 'U32' | 'U8';

/**
 * The array of each type. All of them are little-endian in memory on every platform that the GPU bindings
 * exist for.
 */
export const arrayTypes = {
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

export function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof BigInt64Array) return 'I64';
  return 'U8';
}

/** The number of elements; undefined where it is no safe integer or a side is no whole number from 0. */
export function elementCount(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const side of shape) {
    if (!Number.isSafeInteger(side) || side < 0) return undefined;
    count *= side;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** The elements as they lie in memory, not copied. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** @throws EngineError `bug` if the data does not fill the shape */
export function requireWhole(name: string, { shape, data }: Tensor): void {
  if (elementCount(shape) === data.length) return;
  throw new EngineError('bug', `tensor ${JSON.stringify(name)} does not fill its shape`, {
    found: `${data.length} elements`,
    expected: `the product of [${shape.join(', ')}]`,
  });
}

/** How tensors lie in the buffers of the kernels: rows and sides padded with zeros to multiples of 4. */
import { EngineError } from '../base/errors.js';
import { elements, padded, padRows, unpadRows, type Matrix } from '../kernels/index.js';
import type { ElementType, HostTensor, Shape } from './tensors.js';

const arrayOf = {
  f32: Float32Array,
  u32: Uint32Array,
  bytes: Uint8Array,
  'f32 and u32 in turn': Uint32Array,
} as const satisfies Readonly<Record<ElementType, unknown>>;

/** The shape as kernels see it. @throws EngineError `usage` for a side that is no whole number from 1 */
export function matrixOf(name: string, shape: Shape): Matrix {
  const sides: readonly number[] = shape;
  if (sides.length < 1 || sides.length > 2 || !sides.every((size) => Number.isSafeInteger(size) && size >= 1))
    throw new EngineError('usage', `operand ${name} has no shape that a tensor can have`, {
      found: JSON.stringify(shape),
      expected: '[rows, columns] or [length], whole numbers from 1',
    });
  const [first, second] = shape;
  return second === undefined ? { rows: 1, columns: first, vector: true } : { rows: first, columns: second };
}

/**
 * The contents of the buffer for a tensor.
 * @throws EngineError `usage` for an array of another type or length
 */
export function pack(name: string, { shape, data }: HostTensor, type: ElementType): Uint8Array<ArrayBuffer> {
  const matrix = matrixOf(name, shape);
  const array = arrayOf[type];
  const count = matrix.rows * matrix.columns;
  if (!(data instanceof array) || data.length !== count)
    throw new EngineError('usage', `operand ${name} cannot be filled`, {
      found: `${Object.prototype.toString.call(data).slice(8, -1)} of ${(data as ArrayLike<unknown>).length}`,
      expected: `a ${array.name} of ${count} (${shape.join(' x ')})`,
    });
  const bytes = new Uint8Array(
    type === 'bytes' ? matrix.rows * padded(matrix.columns) : 4 * elements(matrix),
  );
  bytes.set(padRows(data, matrix.columns));
  return bytes;
}

/** The words of a tensor without the padding: the reverse of `pack`, for 32-bit elements. */
export function unpack(words: Uint32Array, shape: Shape): Uint32Array<ArrayBuffer> {
  const { rows, columns } = matrixOf('', shape);
  return new Uint32Array(unpadRows(words.subarray(0, rows * padded(columns)), columns).buffer);
}

import { badFile, byteCount } from '../base/bad-file.js';

/** Arrays of numbers as IDX and numpy files hold them, before anything is said of what they mean. */

/** The types of elements that are read, by numpy's names, and the bytes of each. */
export const elementBytes = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8,
} as const;
export type ElementType = keyof typeof elementBytes;

/** An array as it lies in a file. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly type: ElementType;
  readonly littleEndian: boolean;
  /** Whether the first index runs fastest (Fortran's order), and not the last one. */
  readonly fortran: boolean;
  /** As many elements as `shape` states. */
  readonly bytes: Uint8Array;
}

/**
 * The largest array that is read, from any format: 1 GiB, 1.3 million images of 28x28. It bounds what a
 * damaged or hostile header can make this process allocate.
 */
export const maxArrayBytes = 2 ** 30;

/** The bytes that an array of this shape has; its dimensions are whole numbers, and it may be too large. */
export function arrayBytes(shape: readonly number[], type: ElementType): number {
  return shape.reduce((product, dimension) => product * dimension, elementBytes[type]);
}

/** @throws EngineError `bad-file` if an array of `bytes` is larger than is read */
export function checkArrayBytes(bytes: number, shape: readonly number[], file: string): void {
  if (bytes > maxArrayBytes)
    throw badFile(file, 'the header states more data than is read', {
      found: `dimensions ${shape.slice(0, 8).join(' x ')}`,
      expected: `at most ${byteCount(maxArrayBytes)}`,
      remedy:
        'if the file really is that large, use a part of it, or save it as unsigned bytes; ' +
        'otherwise replace it by a sound copy',
    });
}

/** Reads elements by their place in the file; 64-bit integers beyond 2^53 lose their last digits. */
export function elementReader({ bytes, type, littleEndian }: StoredArray): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'bool':
    case 'uint8':
      return (index) => bytes[index]!;
    case 'int8':
      return (index) => view.getInt8(index);
    case 'uint16':
      return (index) => view.getUint16(2 * index, littleEndian);
    case 'int16':
      return (index) => view.getInt16(2 * index, littleEndian);
    case 'uint32':
      return (index) => view.getUint32(4 * index, littleEndian);
    case 'int32':
      return (index) => view.getInt32(4 * index, littleEndian);
    case 'uint64':
      return (index) => Number(view.getBigUint64(8 * index, littleEndian));
    case 'int64':
      return (index) => Number(view.getBigInt64(8 * index, littleEndian));
    case 'float32':
      return (index) => view.getFloat32(4 * index, littleEndian);
    case 'float64':
      return (index) => view.getFloat64(8 * index, littleEndian);
  }
}

/** The same array with its last index running fastest; copied only if it lies in Fortran's order. */
export function inRowMajorOrder(array: StoredArray): StoredArray {
  const { shape, bytes, type } = array;
  if (!array.fortran || shape.filter((side) => side > 1).length < 2) return { ...array, fortran: false };
  const size = elementBytes[type];
  const ordered = new Uint8Array(bytes.length);
  // The step in the file that each index makes, and where the indices stand.
  const steps = shape.map((_, axis) => shape.slice(0, axis).reduce((product, side) => product * side, size));
  const indices = new Uint32Array(shape.length);
  let from = 0;
  for (let to = 0; to < bytes.length; to += size) {
    for (let byte = 0; byte < size; byte++) ordered[to + byte] = bytes[from + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++indices[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      indices[axis] = 0;
    }
  }
  return { ...array, fortran: false, bytes: ordered };
}

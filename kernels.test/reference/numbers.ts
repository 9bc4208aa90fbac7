/** Any vector of numbers: the f32 a kernel was given, or the f64 another reference function returned. */
export type Numbers = ArrayLike<number>;

/**
 * Throws a RangeError unless `values` holds exactly the elements of `shape`: a reference that reads past an
 * end gives NaN.
 */
export function requireShape(what: string, values: ArrayLike<unknown>, ...shape: readonly number[]): void {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (values.length !== expected)
    throw new RangeError(
      `${what} has ${values.length} elements; its shape [${shape.join(', ')}] needs ${expected}`,
    );
}

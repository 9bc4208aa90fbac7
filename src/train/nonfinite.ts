/** The first element that is NaN or infinite, by the bits of its exponent; -1 if none is. */
export function firstNonfinite(values: Float32Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return words.findIndex((word) => (word & 0x7f80_0000) === 0x7f80_0000);
}

/**
 * More lists, objects and texts (counted by their opening brackets and both quotes) than any file of a run
 * has: 1,000 seeds of seven variants have some 700,000. `JSON.parse` takes about a hundred bytes, and a third
 * of a microsecond, for each.
 */
const mostParts = 2 ** 21;

const [bracket, brace, quote] = Buffer.from('[{"');

/** Whether a JSON text has so many parts that reading it would take gigabytes and many seconds. */
export function hasTooManyParts(bytes: Uint8Array): boolean {
  // Each takes a byte at least.
  if (bytes.length <= mostParts) return false;
  let parts = 0;
  for (const byte of bytes) if (byte === quote || byte === bracket || byte === brace) parts++;
  return parts > mostParts;
}

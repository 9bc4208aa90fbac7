/** How an array differs from what was expected, at its worst element. */
interface Worst {
  readonly index: number;
  readonly share: number;
  readonly outside: number;
}

/**
 * Throws unless every element of `actual` lies within its bound of `expected`.
 *
 * NaN, +Infinity, -Infinity and numbers never match each other, whatever the bound; each of the first three
 * matches itself. 0 and -0 are the same number. The message gives the worst element, its index, both values
 * and the error as a share of the bound.
 * @param bound one absolute bound per element, finite and not negative
 * @param what names the tensor in the message
 * @param shape gives the index in the message its dimensions
 * @returns the largest error as a share of its bound: 0 is exact, 1 is just within
 */
export function expectWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: ArrayLike<number>,
  what: string,
  shape?: readonly number[],
): number {
  if (actual.length !== expected.length || bound.length !== expected.length)
    throw new Error(
      `${what}: ${actual.length} elements were given, with ${bound.length} bounds; expected ${expected.length} of each`,
    );
  const { index, share, outside } = worstElement(actual, expected, bound, what);
  if (share <= 1) return share;
  const error = Math.abs(actual[index]! - expected[index]!);
  const judged =
    share === Infinity && !(error > 0 && Number.isFinite(error))
      ? 'which never match'
      : `an error of ${error}, ${share.toPrecision(4)} times the bound ${bound[index]}`;
  throw new Error(
    `${what}: element ${position(index, shape)} of ${expected.length}: expected ${expected[index]}, ` +
      `got ${actual[index]}, ${judged} (${outside} elements outside their bounds)`,
  );
}

function worstElement(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: ArrayLike<number>,
  what: string,
): Worst {
  let worst = { index: 0, share: 0 };
  let outside = 0;
  for (let i = 0; i < expected.length; i++) {
    // An infinite bound would accept anything: the test that needs it has not understood its inputs.
    if (!(bound[i]! >= 0 && bound[i]! < Infinity))
      throw new Error(
        `${what}: the bound of element ${i} is ${bound[i]}; it must be finite and not negative`,
      );
    const share = shareOf(actual[i]!, expected[i]!, bound[i]!);
    if (share > 1) outside++;
    if (share > worst.share) worst = { index: i, share };
  }
  return { ...worst, outside };
}

function shareOf(actual: number, expected: number, bound: number): number {
  if (!Number.isFinite(actual) || !Number.isFinite(expected))
    return Object.is(actual, expected) ? 0 : Infinity;
  const error = Math.abs(actual - expected);
  return error === 0 ? 0 : error / bound;
}

/** `[2, 5]` for element 17 of shape [4, 6]; the flat index without a shape. */
function position(index: number, shape: readonly number[] | undefined): string {
  if (shape === undefined) return String(index);
  const indices: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    indices.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${indices.join(', ')}]`;
}

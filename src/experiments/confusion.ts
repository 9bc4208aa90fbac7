/** A pair of classes that a network mixes up. */
export interface Mistake {
  readonly actual: number;
  readonly predicted: number;
  readonly count: number;
}

/**
 * The most frequent mistakes, largest first; equal counts in the order of the classes.
 * @param confusion confusion[actual][predicted]
 */
export function mostConfused(confusion: readonly (readonly number[])[], limit: number): Mistake[] {
  return confusion
    .flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })))
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);
}

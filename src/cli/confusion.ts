/** The confusion matrix and the accuracy per class as text. */
import { percent } from '../experiments/format.js';
import { mostConfused } from '../experiments/index.js';

/** What a plain terminal shows without wrapping. */
const mostColumns = 80;

/**
 * Confusion matrix (rows: actual class, columns: predicted class) with the accuracy of each class at the end of its row.
 * A matrix that would be wider than 80 columns is left out, and the accuracies are listed.
 */
export function confusionTable(
  confusion: readonly (readonly number[])[],
  perClassAccuracy: readonly number[],
  classNames: readonly string[],
): string {
  const label = (index: number): string => classNames[index] ?? String(index);
  const first = Math.max('actual'.length, ...confusion.map((_, index) => label(index).length));
  const cell =
    2 +
    Math.max(
      ...confusion.flatMap((row, index) => [label(index).length, ...row.map((n) => String(n).length)]),
    );
  const recall = (index: number): string => percent(perClassAccuracy[index]!).padStart(10);
  if (first + cell * confusion.length + 10 > mostColumns) {
    const lines = confusion.map((_, index) => `${label(index).padEnd(first)}${recall(index)}`);
    return ['accuracy per class (the confusion matrix is in summary.json):', ...lines].join('\n');
  }
  const heading = confusion.map((_, index) => label(index).padStart(cell)).join('');
  const rows = confusion.map(
    (row, actual) =>
      label(actual).padEnd(first) + row.map((n) => String(n).padStart(cell)).join('') + recall(actual),
  );
  return [
    `confusion matrix, columns: predicted`,
    `${'actual'.padEnd(first)}${heading}  accuracy`,
    ...rows,
  ].join('\n');
}

/** The most frequent mistakes in a line or two: `su read as tsu 31`. */
export function confusedPairs(
  confusion: readonly (readonly number[])[],
  classNames: readonly string[],
  limit = 5,
): string {
  const label = (index: number): string => classNames[index] ?? String(index);
  const pairs = mostConfused(confusion, limit).map(
    ({ actual, predicted, count }) => `${label(actual)} as ${label(predicted)} ${count}`,
  );
  return pairs.length === 0 ? 'no mistakes' : `most confused (read as): ${pairs.join(', ')}`;
}

/** The outcome of an evaluation as text. */
import { alignedTable } from '../../base/text.js';
import { mostConfused } from '../../experiments/index.js';
import { lossBound, type Comparison, type PartComparison } from './evaluation.js';

/** @param isSame whether the data is that of the run */
export function evaluationText({ parts, agrees }: Comparison, isSame: boolean): string {
  const heading = ['', 'images', 'loss', 'recorded', 'accuracy', 'recorded', ''];
  const table = alignedTable([heading, ...parts.map(row)]);
  return `${table}\n\n${verdict(agrees, isSame)}${undecidedText(parts)}`;
}

function row({ found, recorded, agrees }: PartComparison): string[] {
  const loss = (value: number): string => value.toPrecision(7);
  const accuracy = (value: number): string => `${(100 * value).toFixed(3)} %`;
  const verdict = agrees === null ? '' : agrees ? 'agrees' : 'DIFFERS';
  return [
    found.part,
    String(found.images),
    loss(found.loss),
    recorded === null ? '-' : loss(recorded.loss),
    accuracy(found.accuracy),
    recorded === null ? '-' : accuracy(recorded.accuracy),
    verdict,
  ];
}

function verdict(agrees: boolean | null, isSame: boolean): string {
  const rule = `losses within ${lossBound.toExponential()} x (1 + loss), accuracies and confusion matrix exactly`;
  if (agrees === true) return `The figures of the run hold: ${rule}.`;
  if (agrees === false) return `The figures of the run do NOT hold: ${rule}.`;
  return isSame
    ? 'The run has no figures of these weights: nothing was compared.'
    : 'This is not the data of the run: nothing was compared.';
}

/** Where accuracies differ, near ties may be why. */
function undecidedText(parts: readonly PartComparison[]): string {
  const close = parts.filter(({ found, agrees }) => agrees === false && found.undecided > 0);
  return close
    .map(
      ({ found }) =>
        `\n${found.part}: in ${found.undecided} of the images two classes are as good as equal, and rounding decides.`,
    )
    .join('');
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

/** The sentences that compare variants: the same evidence, in the same words, in every experiment. */
import { decimalSpread, evidence, points } from '../format.js';
import { difference, over, ranked } from '../measures.js';
import type { PairedDifference } from '../../base/statistics.js';
import type { Outcome, VariantOutcome } from '../types.js';

/** What a paired difference allows to be said, to follow it; of one run each, nothing. */
function verdict({ mean, significant }: PairedDifference): string {
  if (mean === 0 || significant === null) return '';
  return significant
    ? ': more than the spread over seeds explains'
    : ': within the spread over seeds, so nothing is shown';
}

/** `0.0123 lower (standard error 0.0034, |t| = 3.6, 5 seeds paired)`: best validation losses. */
export function lossGap(left: VariantOutcome, right: VariantOutcome): string {
  return gap(difference(left, right, 'bestValidationLoss'), (loss) => loss.toFixed(4));
}

/** `0.65 points higher (...)`: test accuracies. */
export function accuracyGap(left: VariantOutcome, right: VariantOutcome): string {
  return gap(difference(left, right, 'testAccuracy'), (accuracy) => points(accuracy, 2));
}

function gap(paired: PairedDifference, write: (value: number) => string): string {
  const direction = paired.mean < 0 ? 'lower' : 'higher';
  const size = paired.mean === 0 ? 'exactly the same' : `${write(Math.abs(paired.mean))} ${direction}`;
  const shown = evidence(paired, write);
  return shown === '' ? size : `${size} (${shown})`;
}

/** Which variant has the lowest best validation loss, by how much, and whether that is more than chance. */
export function winner(outcome: Outcome): string {
  const [first, second] = ranked(outcome.variants);
  const best = `${first!.name} has the lowest best validation loss, ${lossOf(first!)}`;
  if (second === undefined) return `${best}: the only variant, so there is nothing to choose from.`;
  const paired = difference(second, first!, 'bestValidationLoss');
  return `${best}; next is ${second.name}, ${lossGap(second, first!)}${verdict(paired)}.`;
}

/** How a variant differs from a run beside it, in validation loss and in test accuracy. */
export function against(variant: VariantOutcome, other: VariantOutcome): string {
  const paired = difference(variant, other, 'bestValidationLoss');
  return (
    `Against ${other.name}, ${variant.name} has a best validation loss ${lossGap(variant, other)}${verdict(paired)}; ` +
    `its test accuracy is ${accuracyGap(variant, other)}.`
  );
}

/**
 * Holds a published statement that `claimed` is better than its rival to these results: borne out, open, or
 * contradicted.
 * @param statement such as `The series names batch-size=32 the best`
 */
export function borneOut(statement: string, claimed: VariantOutcome, rival: VariantOutcome): string {
  const paired = difference(claimed, rival, 'bestValidationLoss');
  const shown = paired.significant === true;
  if (paired.mean < 0)
    return shown
      ? `${statement}, and these results bear it out.`
      : `${statement}: it leads here too, but these results do not show it.`;
  if (paired.mean === 0) return `${statement}; here it is exactly level with ${rival.name}.`;
  const found = `here its best validation loss is ${lossGap(claimed, rival)} than that of ${rival.name}`;
  return shown
    ? `${statement}, and these results CONTRADICT it: ${found}.`
    : `${statement}; these results do not support it: ${found}, though not shown to be more than chance.`;
}

export function winnerBorneOut(outcome: Outcome, best: string, by = 'The series'): string {
  const statement = `${by} names ${best} the best`;
  const claimed = outcome.variants.find(({ name }) => name === best);
  const rival = ranked(outcome.variants).find((variant) => variant !== claimed);
  if (claimed === undefined || rival === undefined)
    return `${statement}; this run does not put that to the test.`;
  return borneOut(statement, claimed, rival);
}

/** `0.4301 ± 0.0340`: the best validation loss over seeds. */
export function lossOf(variant: VariantOutcome): string {
  return decimalSpread(over(variant, 'bestValidationLoss'));
}

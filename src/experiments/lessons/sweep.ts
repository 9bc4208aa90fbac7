/** A sweep of one's own: the best variant, what cannot be told from it, and which setting matters. */
import { analyse, type SweepAnalysis } from '../analysis.js';
import { listed, percent, percentSpread } from '../format.js';
import { over } from '../measures.js';
import type { Outcome, VariantOutcome } from '../types.js';
import { lossOf } from './compare.js';

/** Names that a sentence lists at most. */
const mostNames = 5;

export function concludeSweep(outcome: Outcome): string[] {
  const first = outcome.variants[0]!;
  if (first.config.validation === 0)
    return [`Without a validation set nothing is chosen: ${first.name} is only the first.`];
  const analysis = analyse(outcome);
  const best = analysis.ranking[0]!;
  if (analysis.compared === 0)
    return ['No variant came to its end with every seed: there is nothing to compare.'];
  return [
    `${best.name} has the lowest best validation loss, ${lossOf(best)}; ` +
      `its test accuracy is ${percentSpread(over(best, 'testAccuracy'))}.`,
    ...told(best, analysis),
    ...importance(analysis),
    ...halved(outcome),
  ];
}

function told(best: VariantOutcome, { compared, notToldApart }: SweepAnalysis): string[] {
  const comparisons = compared - 1;
  if (comparisons === 0 || best.runs.length < 2) return [];
  const among = `${comparisons} ${comparisons === 1 ? 'comparison' : 'comparisons'}`;
  const test = `paired t tests over ${best.runs.length} seeds, corrected for ${among}`;
  if (notToldApart.length === 0) return [`All others are worse than that (${test}).`];
  const names = notToldApart.slice(0, mostNames).map(({ name }) => name);
  const more = notToldApart.length - names.length;
  const list = listed(more > 0 ? [...names, `${more} more`] : names);
  const rest = comparisons - notToldApart.length;
  return [
    `${list} cannot be told from it (${test})${rest === 0 ? '' : `; ${rest} ${rest === 1 ? 'is' : 'are'} worse`}.`,
  ];
}

function importance({ importance }: SweepAnalysis): string[] {
  const known = importance.flatMap(({ setting, share }) => (share === null ? [] : [{ setting, share }]));
  if (importance.length < 2 || known.length === 0) return [];
  const shares = [...known]
    .sort((a, b) => b.share - a.share)
    .map(({ setting, share }) => `${setting} ${percent(share, 0)}`);
  return [`Alone, the settings explain of the variance of the log validation loss: ${listed(shares)}.`];
}

function halved({ plan, rounds }: Outcome): string[] {
  if (rounds.length < 2) return [];
  let before = 0;
  let spent = 0;
  for (const { epochs, ranking } of rounds) {
    spent += (epochs - before) * ranking.length;
    before = epochs;
  }
  const whole = plan.variants.length * rounds.at(-1)!.epochs;
  const steps = rounds.map(({ epochs, ranking }) => `${ranking.length} to epoch ${epochs}`);
  return [
    `Successive halving trained ${listed(steps)}: at most ${spent} epochs per seed where all would take ${whole}.`,
  ];
}

import type { Outcome } from './types.js';
import { EngineError } from '../base/errors.js';
import { sentenceOf, type Divergence } from '../train/diverged-error.js';
import { listed } from './format.js';
import { select, type Selection } from './measures.js';

/**
 * What an experiment teaches, one sentence or two per entry, each computed from its results: other results
 * give other sentences. Where they contradict what the series published, they say so. Where trainings
 * diverged, that is all it says.
 */
export function conclude(outcome: Outcome): string[] {
  const { experiment } = outcome.plan;
  // A sweep of one's own tries settings that may diverge, and compares the others.
  const diverged = outcome.diverged.length === 0 ? [] : [concludeDiverged(outcome)];
  if (diverged.length > 0 && experiment.id !== 'sweep') return diverged;
  const caveat = caveatOf(outcome);
  return [...diverged, ...experiment.conclude(outcome), ...(caveat === null ? [] : [caveat])];
}

/** What holds for all that is concluded; the last conclusion, if there is such a thing. */
export function caveatOf({ plan, diverged }: Pick<Outcome, 'plan' | 'diverged'>): string | null {
  if (plan.seeds.length > 1 || diverged.length > 0) return null;
  return 'One seed: every difference may be chance. Train again with --seeds 5.';
}

export type DivergenceRecord = ReturnType<typeof divergenceRecord>;

/** A divergence as it stands in summary.json and in the `diverged` lines of --json. */
export function divergenceRecord(divergence: Divergence) {
  const { trial, epoch, step, tensor, reproduced, remedy } = divergence;
  const { variant, seed } = trial;
  return { variant, seed, epoch, step, tensor, reproduced, message: sentenceOf(divergence), remedy };
}

/** `lr=5 (seeds 0 and 1) and lr=1 (seed 3)`: whose trainings diverged, in the order of the records. */
export function divergedTrainings(records: readonly Pick<DivergenceRecord, 'variant' | 'seed'>[]): string {
  const variants = [...new Set(records.map(({ variant }) => variant))];
  return listed(
    variants.map((name) => {
      const seeds = records.filter(({ variant }) => variant === name).map(({ seed }) => String(seed));
      return `${name} (${seeds.length === 1 ? 'seed' : 'seeds'} ${listed(seeds)})`;
    }),
  );
}

/**
 * What is concluded where trainings diverged: that nothing is. Variants would be compared over different
 * seeds, or by the runs that happened to survive.
 */
export function concludeDiverged(outcome: Pick<Outcome, 'plan' | 'diverged'>): string {
  const { diverged } = outcome;
  const which = divergedTrainings(diverged.map(divergenceRecord));
  const { id } = outcome.plan.experiment;
  const rest = id === 'sweep' ? 'their variants are left out' : 'no comparison is drawn from the others';
  return `${diverged.length} of ${trainings(outcome)} trainings diverged, ${which}: ${rest}.`;
}

function trainings({ plan }: Pick<Outcome, 'plan'>): number {
  return (plan.variants.length + plan.comparisons.length) * plan.seeds.length;
}

/** The run that stands for an experiment, of those that came to their end. */
export function selected({ variants, diverged }: Pick<Outcome, 'variants' | 'diverged'>): Selection {
  const selection = select(variants);
  if (diverged.length === 0) return selection;
  return { ...selection, reason: `${selection.reason}, of the trainings that did not diverge` };
}

/** To be called when all results were told. @throws EngineError `diverged` if a training diverged */
export function refuseDiverged(outcomes: readonly Outcome[]): void {
  const diverged = outcomes.flatMap((outcome) => outcome.diverged);
  if (diverged.length === 0) return;
  const all = outcomes.reduce((sum, outcome) => sum + trainings(outcome), 0);
  throw new EngineError('diverged', `${diverged.length} of ${all} trainings diverged`, {
    found: divergedTrainings(diverged.map(divergenceRecord)),
    expected: 'finite losses, gradients and parameters in every training',
    remedy: `${[...new Set(diverged.map(({ remedy }) => remedy))].join('; ')} (the results of the others were written)`,
  });
}

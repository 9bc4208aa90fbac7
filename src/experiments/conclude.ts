import { concludeDiverged } from './diverged.js';
import type { Outcome } from './types.js';

/**
 * What an experiment teaches, one sentence or two per entry, each computed from its results: other results
 * give other sentences. Where they contradict what the series published, they say so. Where trainings
 * diverged, that is all it says.
 */
export function conclude(outcome: Outcome): string[] {
  if (outcome.diverged.length > 0) return [concludeDiverged(outcome)];
  const caveat = caveatOf(outcome);
  return [...outcome.plan.experiment.conclude(outcome), ...(caveat === null ? [] : [caveat])];
}

/** What holds for all that is concluded; the last conclusion, if there is such a thing. */
export function caveatOf({ plan, diverged }: Pick<Outcome, 'plan' | 'diverged'>): string | null {
  if (plan.seeds.length > 1 || diverged.length > 0) return null;
  return 'One seed: every difference may be chance. Train again with --seeds 5.';
}

import { planExperiment } from '../../experiments/plan.js';
import { experimentById } from '../../experiments/catalogue.js';
import type { Outcome } from '../../experiments/types.js';
import type { Trial } from '../../train/types.js';
import { result } from '../../experiments/testing/results.js';

/** The outcome of an experiment of one trial. */
export function outcomeOf(trial: Trial, losses: readonly number[]): Outcome {
  const variant = { name: trial.variant, config: trial.config };
  return {
    plan: planExperiment(experimentById(1), {}, [trial.seed]),
    data: { name: 'tiny', classNames: [], inputs: 2, train: 8, validation: 2, test: 2, input: null },
    variants: [{ ...variant, runs: [result(trial, { losses })] }],
    comparisons: [],
    rounds: [],
    diverged: [],
    reused: 1,
  };
}

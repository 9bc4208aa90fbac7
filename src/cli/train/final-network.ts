import {
  planExperiment,
  type Experiment,
  type Outcome,
  type PlannedExperiment,
} from '../../experiments/index.js';
import { select } from '../../experiments/measures.js';
import type { TrainSettings } from '../train-options.js';

export function withSelectedBatchSize(
  plan: PlannedExperiment,
  outcomes: readonly Outcome[],
  { overrides, seeds }: TrainSettings,
): PlannedExperiment {
  const sixth = outcomes.find((outcome) => outcome.plan.experiment.id === 6);
  if (plan.experiment.id !== 'final' || sixth === undefined) return plan;
  const { name, config } = select(sixth.variants).variant;
  const variants = plan.experiment.variants.map((variant) => ({
    ...variant,
    config: { ...variant.config, batchSize: config.batchSize },
  }));
  const experiment: Experiment = { ...plan.experiment, variants };
  const replanned = planExperiment(experiment, overrides, seeds);
  return { ...replanned, notes: [...replanned.notes, `${name} is what experiment 6 selected`] };
}

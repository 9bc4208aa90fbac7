import type { Dataset } from '../../data/dataset.js';
import type { Gpu } from '../../gpu/index.js';
import { planTraining, train as trainPlanned, type PlanOptions } from '../index.js';
import type { TrainOptions, Trial, TrialResult } from '../index.js';

/** Plans and trains: what most tests want in one call. */
export async function train(
  gpu: Gpu,
  dataset: Dataset,
  trials: readonly Trial[],
  options: TrainOptions & PlanOptions = {},
): Promise<TrialResult[]> {
  return trainPlanned(gpu, planTraining(gpu.traits, dataset, trials, options), options);
}

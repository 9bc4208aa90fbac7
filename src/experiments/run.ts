import type { Dataset } from '../data/dataset.js';
import { splitIndices } from '../data/split.js';
import type { TrainConfig, TrainHooks, Trial, TrialResult } from '../train/types.js';
import { trainingKey, trialsOf } from './plan.js';
import type { DataFacts, Outcome, PlannedExperiment, Variant, VariantOutcome } from './types.js';

/** Trains trials and returns their results in the order given: `train` of src/train, bound to a device and a data set. */
export type TrainTrials = (trials: readonly Trial[], hooks: TrainHooks) => Promise<TrialResult[]>;

/** Results of earlier experiments, by what was trained. */
export type ResultCache = Map<string, TrialResult>;

/**
 * Trains what a plan lists. A configuration and seed that `cache` holds is not trained again, because the same
 * training gives the same bits alone, among others, and a second time; in a whole series it saves one run in five.
 * @throws whatever `trainTrials` throws; then `cache` is as it was
 */
export async function runExperiment(
  plan: PlannedExperiment,
  dataset: Dataset,
  trainTrials: TrainTrials,
  hooks: TrainHooks = {},
  cache: ResultCache = new Map(),
): Promise<Outcome> {
  const all = trialsOf(plan);
  const missing = all.filter(({ config, seed }) => !cache.has(resultKey(config, seed)));
  const trained = missing.length === 0 ? [] : await trainTrials(missing, hooks);
  for (const result of trained) cache.set(resultKey(result.trial.config, result.trial.seed), result);
  const outcomeOf = ({ name, config }: Variant): VariantOutcome => ({
    name,
    config,
    runs: plan.seeds.map((seed) => {
      const result = cache.get(resultKey(config, seed))!;
      return { ...result, trial: { variant: name, seed, config } };
    }),
  });
  return {
    plan,
    data: dataFacts(dataset, plan.variants[0]!.config.validation),
    variants: plan.variants.map(outcomeOf),
    comparisons: plan.comparisons.map(outcomeOf),
    reused: all.length - missing.length,
  };
}

/** Sizes of the parts of a data set under a validation share. */
export function dataFacts(dataset: Dataset, validation: number): DataFacts {
  const { name, classNames, rows, columns, test } = dataset;
  const split = splitIndices(dataset.train.count, validation, 0);
  return {
    name,
    classNames,
    inputs: rows * columns,
    train: split.train.length,
    validation: validation === 0 ? null : split.validation.length,
    test: test.count,
  };
}

function resultKey(config: TrainConfig, seed: number): string {
  return `${seed} ${trainingKey(config)}`;
}

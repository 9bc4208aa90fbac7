import type { Dataset } from '../data/dataset.js';
import { splitSizes } from '../data/split.js';
import { DivergedError, type Divergence } from '../train/diverged-error.js';
import type { TrainHooks } from '../train/hooks.js';
import type { TrainConfig, Trial, TrialResult } from '../train/types.js';
import { trainingKey, trialsOf } from './plan.js';
import type { DataFacts, Outcome, PlannedExperiment, Variant, VariantOutcome } from './types.js';

/** Trains trials, results in the order given: `train` of src/train, bound to a device and a data set. */
export type TrainTrials = (trials: readonly Trial[], hooks: TrainHooks) => Promise<TrialResult[]>;

/** Results of earlier experiments, by what was trained. */
export type ResultCache = Map<string, TrialResult>;

/**
 * Trains what a plan lists. A configuration and seed that `cache` holds is not trained again, because the
 * same training gives the same bits alone, among others, and a second time; in a whole series it saves one
 * run in five.
 *
 * Trainings that diverge are told of in the outcome, which has the results of all others.
 * @throws DivergedError if no training of a variant came to its end; whatever else `trainTrials` throws, and
 *   then `cache` is as it was
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
  const { results, diverged, error } = await finished(missing, hooks, trainTrials);
  for (const result of results) cache.set(resultKey(result.trial.config, result.trial.seed), result);
  const outcomeOf = ({ name, config }: Variant): VariantOutcome => ({
    name,
    config,
    runs: plan.seeds.flatMap((seed) => {
      const result = cache.get(resultKey(config, seed));
      return result === undefined ? [] : [{ ...result, trial: { variant: name, seed, config } }];
    }),
  });
  const outcomesOf = (variants: readonly Variant[]): VariantOutcome[] =>
    variants.map(outcomeOf).filter(({ runs }) => runs.length > 0);
  const variants = outcomesOf(plan.variants);
  if (error !== null && variants.length === 0) throw error;
  return {
    plan,
    data: dataFacts(dataset, plan.variants[0]!.config.validation),
    variants,
    comparisons: outcomesOf(plan.comparisons),
    diverged,
    reused: all.length - missing.length,
  };
}

/** Those results that there are. @returns also the error that told of the divergences, if there are any */
async function finished(
  trials: readonly Trial[],
  hooks: TrainHooks,
  trainTrials: TrainTrials,
): Promise<{
  readonly results: readonly TrialResult[];
  readonly diverged: readonly Divergence[];
  readonly error: DivergedError | null;
}> {
  if (trials.length === 0) return { results: [], diverged: [], error: null };
  try {
    return { results: await trainTrials(trials, hooks), diverged: [], error: null };
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    const { results, divergences } = error;
    return { results: results.filter((result) => result !== null), diverged: divergences, error };
  }
}

/** Sizes of the parts of a data set under a validation share. */
export function dataFacts(dataset: Dataset, validation: number): DataFacts {
  const { name, classNames, rows, columns, test } = dataset;
  const split = splitSizes(dataset.train.count, validation);
  return {
    name,
    classNames,
    inputs: rows * columns,
    train: split.train,
    validation: validation === 0 ? null : split.validation,
    test: test.count,
  };
}

function resultKey(config: TrainConfig, seed: number): string {
  return `${seed} ${trainingKey(config)}`;
}

import { inputFormat, type Dataset } from '../data/dataset.js';
import { splitSizes } from '../data/split.js';
import { DivergedError, type Divergence } from '../train/diverged-error.js';
import type { TrainHooks, Trial, TrialResult } from '../train/types.js';
import { resultKey, trialsOf } from './plan.js';
import type { DataFacts, Outcome, PlannedExperiment, Variant, VariantOutcome } from './types.js';

/** Trains trials, results in the order given: `train` of src/train, bound to a device and a data set. */
export type TrainTrials = (trials: readonly Trial[], hooks: TrainHooks) => Promise<TrialResult[]>;

/** Results of earlier experiments, by what was trained. */
export type ResultCache = Map<string, TrialResult>;

/** What a training of trials came to: results, and the trials that diverged. */
export interface Trained {
  readonly results: readonly TrialResult[];
  readonly diverged: readonly Divergence[];
  /** The error that told of the divergences; null if there are none. */
  readonly error: DivergedError | null;
}

/**
 * Trains what a plan lists; see `trialsToTrain` and `outcomeOf`.
 * @throws DivergedError if no training of a variant came to its end; any other error of `trainTrials`, and
 *   then `cache` is as it was
 */
export async function runExperiment(
  plan: PlannedExperiment,
  dataset: Dataset,
  trainTrials: TrainTrials,
  hooks: TrainHooks = {},
  cache: ResultCache = new Map(),
): Promise<Outcome> {
  const trials = trialsToTrain(plan, cache);
  const trained = await allowDivergence(trials.length === 0 ? [] : trainTrials(trials, hooks));
  return outcomeOf(plan, dataset, trained, cache);
}

/**
 * The trials of a plan without those that `cache` holds: the same training gives the same bits alone, among
 * others, and a second time. In a whole series that saves one run in five.
 */
export function trialsToTrain(plan: PlannedExperiment, cache: ResultCache): Trial[] {
  return trialsOf(plan).filter(({ config, seed }) => !cache.has(resultKey({ config, seed })));
}

/** Takes the divergence of some trials as part of what came of a training. */
export async function allowDivergence(
  training: readonly TrialResult[] | Promise<readonly TrialResult[]>,
): Promise<Trained> {
  try {
    return { results: await training, diverged: [], error: null };
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    const { results, divergences } = error;
    return { results: results.filter((result) => result !== null), diverged: divergences, error };
  }
}

/**
 * What came of a plan whose trials were trained, those of `cache` included, which takes the new results.
 * Trainings that diverged are told of in it, and it has the results of all others.
 * @throws DivergedError if no training of a variant came to its end
 */
export function outcomeOf(
  plan: PlannedExperiment,
  dataset: Dataset,
  { results, diverged, error }: Trained,
  cache: ResultCache,
): Outcome {
  for (const result of results) cache.set(resultKey(result.trial), result);
  const outcomesOf = (variants: readonly Variant[]): VariantOutcome[] =>
    variants
      .map(({ name, config }) => ({
        name,
        config,
        runs: plan.seeds.flatMap((seed) => {
          const result = cache.get(resultKey({ config, seed }));
          return result === undefined ? [] : [{ ...result, trial: { variant: name, seed, config } }];
        }),
      }))
      .filter(({ runs }) => runs.length > 0);
  const variants = outcomesOf(plan.variants);
  if (error !== null && variants.length === 0) throw error;
  return {
    plan,
    data: dataFacts(dataset, plan.variants[0]!.config.validation),
    variants,
    comparisons: outcomesOf(plan.comparisons),
    diverged,
    reused: trialsOf(plan).length - results.length - diverged.length,
  };
}

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
    input: inputFormat(dataset),
  };
}

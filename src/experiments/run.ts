import { inputFormat, type Dataset } from '../data/dataset.js';
import { splitSizes } from '../data/split.js';
import { DivergedError } from '../train/diverged-error.js';
import type { TrainHooks, Trial, TrialResult, TrialState } from '../train/types.js';
import { trainByHalving } from './halving.js';
import { resultKey, trialsOf } from './plan.js';
import type { DataFacts, Outcome, PlannedExperiment, Trained, Variant, VariantOutcome } from './types.js';

/** Trains trials, results in the order given: `train` of src/train, bound to a device and a data set. */
export type TrainTrials = (trials: readonly Trial[], hooks: TrainHooks) => Promise<TrialResult[]>;

/** Results of earlier experiments, by what was trained. */
export type ResultCache = Map<string, TrialResult>;

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
  // Rounds of halving resume from where the round before has left their trials.
  const states = new Map<string, TrialState>();
  const chained: TrainHooks = {
    ...hooks,
    onCheckpoint: async (captured) => {
      await hooks.onCheckpoint?.(captured);
      for (const state of captured) {
        const key = resultKey(state.trial);
        states.set(key, { ...state, best: state.best ?? states.get(key)?.best ?? null });
      }
    },
    resume: (trial) => states.get(resultKey(trial)) ?? hooks.resume?.(trial) ?? null,
  };
  const isHalved = plan.experiment.halving !== null;
  const trained = await trainPlanned(plan, cache, (trials, until) => {
    const untilThen = until === null ? chained : { ...chained, until };
    return trainTrials(trials, isHalved ? untilThen : hooks);
  });
  return outcomeOf(plan, dataset, trained, cache);
}

/**
 * Trains what a plan lists and `cache` does not hold: all at once, or by successive halving.
 * @param train trains trials from where they stand until an epoch (null: to their end)
 */
export async function trainPlanned(
  plan: PlannedExperiment,
  cache: ResultCache,
  train: (trials: readonly Trial[], until: number | null) => Promise<readonly TrialResult[]>,
): Promise<Trained> {
  if (plan.experiment.halving !== null)
    return trainByHalving(plan, (trials, until) => allowDivergence(train(trials, until)));
  const trials = trialsToTrain(plan, cache);
  return allowDivergence(trials.length === 0 ? [] : train(trials, null));
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
  { results, diverged, error, rounds = [] }: Trained,
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
    rounds,
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

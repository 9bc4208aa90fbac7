import { EngineError } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import { experiments, type KnownExperiment } from '../experiments/catalogue.js';
import { conclude, selected } from '../experiments/conclude.js';
import type { Selection } from '../experiments/measures.js';
import { planExperiment, type Overrides } from '../experiments/plan.js';
import { runExperiment } from '../experiments/run.js';
import type { Outcome } from '../experiments/types.js';
import { describePlan as describeEnginePlan } from '../train/describe.js';
import { planTraining } from '../train/plan-training.js';
import { train as trainOnEngine } from '../train/train.js';
import type { TrainHooks, Trial, TrialResult } from '../train/types.js';
import { checkDataset } from './dataset.js';
import { engineGpu } from './engine-gpu.js';
import type { Gpu } from './gpu.js';
import { checkTrial, defaultConfig, type TrainConfig } from '../train/settings.js';

/**
 * Callbacks, and a signal that stops. Callbacks are called on the way and not awaited; what one throws ends
 * the training and is what `train` throws.
 */
export interface TrainOptions extends TrainHooks {
  /** false runs every operation as a kernel of its own; true (the default) fuses operations. */
  readonly fuse?: boolean;
}

/**
 * Trains networks and evaluates each on the test set, once, with its selected weights. Trials of one shape
 * (layers, batch size, epochs and split) train side by side in the same dispatches; a trial gets the same
 * bits alone and among others.
 * @param trials from `createTrial`
 * @returns one result per trial, in the order given
 * @throws DivergedError (kind `diverged`) when all others are done, if a trial diverged: with the results of
 *   the others, and for each one that diverged its epoch and step and the first tensor that was not finite;
 *   EngineError `usage` (a setting or an array that does not fit, or a network that does not fit the device),
 *   `interrupted` (the signal was aborted), `device-lost`, `gpu`. Nothing stays on the device
 */
export async function train(
  gpu: Gpu,
  dataset: Dataset,
  trials: readonly Trial[],
  options: TrainOptions = {},
): Promise<TrialResult[]> {
  const engine = engineGpu(gpu);
  checkDataset(dataset);
  trials.forEach(checkTrial);
  if (options.signal?.aborted === true)
    throw new EngineError('interrupted', 'the signal was aborted before the training began');
  return trainOnEngine(engine, planTraining(engine.traits, dataset, trials, options), options);
}

/** As for `train`, and what is trained. */
export interface ExperimentOptions extends TrainOptions {
  /** Every variant is trained with each of them; 0 alone if left out. */
  readonly seeds?: readonly number[];
  /** Replace settings in every variant; one that the experiment sweeps leaves a single variant. */
  readonly overrides?: Overrides;
}

/** A finished experiment: every run of every variant, and what follows from them. */
export interface ExperimentResult extends Outcome {
  /** The variant with the lowest validation loss, its best run, and why it was chosen. */
  readonly selected: Selection;
  /** What the results show, in sentences computed from them. */
  readonly conclusions: readonly string[];
}

/**
 * Trains every variant of one of the series' experiments, as `node scripts/train.js --exp` does. Trainings
 * that diverge are in `diverged`, and nothing is concluded from the others.
 * @param id 0 to 6, or `final`
 * @throws as `train`, but DivergedError only if no training of a variant came to its end
 */
export async function trainExperiment(
  gpu: Gpu,
  dataset: Dataset,
  id: KnownExperiment,
  options: ExperimentOptions = {},
): Promise<ExperimentResult> {
  const { seeds = [0], overrides = {}, ...given } = options;
  if (seeds.length === 0)
    throw new EngineError('usage', 'an experiment needs a seed', { found: 'an empty list', expected: '[0]' });
  const experiment = experiments.find((each) => each.id === id);
  if (experiment === undefined)
    throw new EngineError('usage', `there is no experiment ${JSON.stringify(id)}`, {
      expected: `one of ${experiments.map((each) => JSON.stringify(each.id)).join(', ')}`,
    });
  const plan = planExperiment(experiment, overrides, seeds);
  const outcome = await runExperiment(
    plan,
    dataset,
    (trials, hooks) => train(gpu, dataset, trials, hooks),
    given,
  );
  return { ...outcome, selected: selected(outcome), conclusions: conclude(outcome) };
}

/** A training step of these trials as text: operations, kernels with variants, buffers. Trains nothing. */
export function describePlan(
  gpu: Gpu,
  dataset: Dataset,
  trials: readonly Trial[],
  options: Pick<TrainOptions, 'fuse'> = {},
): string {
  checkDataset(dataset);
  trials.forEach(checkTrial);
  return describeEnginePlan(planTraining(engineGpu(gpu).traits, dataset, trials, options));
}

export { checkTrial, defaultConfig };

/** The settings of a network and of its training; see `TrainConfig` for each. */
export interface TrialSettings extends Partial<TrainConfig> {
  /** What the network is called in reports; `network` if left out. */
  readonly name?: string;
  /** Of the validation split, the initial weights, the shuffles and the dropout masks; 0 if left out. */
  readonly seed?: number;
}

/**
 * One network to train, its settings checked. What is left out comes from `defaultConfig`; `validation: 0`
 * also leaves out the patience, because there is then nothing to watch.
 * @throws EngineError `usage` naming the setting
 */
export function createTrial({ name = 'network', seed = 0, ...settings }: TrialSettings = {}): Trial {
  const entries: [string, unknown][] = Object.entries(settings);
  const given = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  const unwatched = settings.validation === 0 && settings.patience === undefined;
  const config = { ...defaultConfig, ...(unwatched && { patience: null }), ...given };
  const trial = { variant: name, seed, config };
  checkTrial(trial);
  return trial;
}

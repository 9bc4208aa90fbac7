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
import { train as trainOnEngine, type TrainOptions as EngineOptions } from '../train/index.js';
import type { Pace, TrainHooks, Trial, TrialResult, TrialState, WeightsAt } from '../train/types.js';
import { createControl } from './training-control.js';
import { checkDataset } from './dataset.js';
import { engineGpu } from './engine-gpu.js';
import type { Gpu } from './gpu.js';
import { checkTrial, defaultConfig, type TrainConfig } from '../train/settings.js';

/**
 * Callbacks, and a signal that stops. Callbacks are called on the way, and only `onCheckpoint` is awaited;
 * what one throws ends the training and is what `train` throws.
 */
export interface TrainOptions extends TrainHooks {
  /** false runs every operation as a kernel of its own; true (the default) fuses operations. */
  readonly fuse?: boolean;
  /** Smaller submits let the device answer others sooner, such as `predict`; the bits stay the same. */
  readonly pace?: Pace;
}

/** A training under way. */
export interface Training {
  /** What `train` gives, and throws. */
  readonly result: Promise<TrialResult[]>;
  /**
   * Submits no more steps until `resume`; what was submitted is still done. A pause counts neither as
   * training time nor in steps per second. Nothing happens if the training is paused already, or over.
   */
  readonly pause: () => void;
  /** Ends a pause. */
  readonly resume: () => void;
  /** Stops as an aborted signal does, in a pause too: states go to `onCheckpoint`, then `result` rejects. */
  readonly stop: () => void;
  /**
   * The weights of a trial between two steps; the training does not wait for them. Asked within `onEpoch`,
   * they are those after that epoch; asked when the trial is done, those after its last epoch. Those of a
   * trial that is about to diverge may not be finite: that is found out at the end of an epoch.
   * @param trialIndex its place in the list of trials
   * @param at after the last step that was submitted (the default), or after the last epoch that is done
   * @throws EngineError `usage` for a trial that there is not; `no-data` if it has not begun to train (trials
   *   of another shape train before it) or has not done an epoch; `diverged`; or what `result` rejects with
   */
  readonly weights: (trialIndex: number, at?: 'step' | 'epoch') => Promise<WeightsAt>;
}

/**
 * Begins to train, as `train` does, and gives a handle on the training.
 * @throws EngineError `usage` for settings, arrays or a pace that do not fit, `interrupted` if the signal was
 *   aborted before; what else `train` throws, `result` rejects with
 */
export function startTraining(
  gpu: Gpu,
  dataset: Dataset,
  trials: readonly Trial[],
  options: TrainOptions = {},
): Training {
  const { hooks, end, ...control } = createControl(trials, options);
  const work = prepare(gpu, dataset, trials, options);
  const follow = async (): Promise<TrialResult[]> => {
    let error: unknown = null;
    try {
      return await work({ ...options, ...hooks });
    } catch (cause) {
      error = cause;
      throw cause;
    } finally {
      await end(error);
    }
  };
  return { result: follow(), ...control };
}

/** Checks what is given. @returns what trains it @throws EngineError `usage`, `interrupted` */
function prepare(
  gpu: Gpu,
  dataset: Dataset,
  trials: readonly Trial[],
  { fuse = true, resume, pace, signal }: TrainOptions,
): (hooks: EngineOptions) => Promise<TrialResult[]> {
  const engine = engineGpu(gpu);
  checkDataset(dataset);
  trials.forEach(checkTrial);
  if (pace !== undefined) checkPace(pace);
  if (signal?.aborted === true)
    throw new EngineError('interrupted', 'the signal was aborted before the training began');
  return async (hooks) => {
    const states = new Map<Trial, TrialState | null>();
    for (const trial of trials) states.set(trial, (await resume?.(trial)) ?? null);
    const stateOf = (trial: Trial): TrialState | null => states.get(trial) ?? null;
    return trainOnEngine(
      engine,
      planTraining(engine.traits, dataset, trials, { fuse, resume: stateOf }),
      hooks,
    );
  };
}

function checkPace({ submitMs = 1, lead = 0 }: Pace): void {
  const refuse = (name: string, value: unknown, expected: string): never => {
    const remedy = 'leave it out for what suits most trainings';
    throw new EngineError('usage', `pace.${name} cannot be ${String(value)}`, { expected, remedy });
  };
  if (!(submitMs > 0 && submitMs < Infinity)) refuse('submitMs', submitMs, 'milliseconds, more than 0');
  if (!(lead >= 0 && lead < Infinity)) refuse('lead', lead, 'a share of time, 0 or more');
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
  return prepare(gpu, dataset, trials, options)(options);
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
  { fuse = true }: Pick<TrainOptions, 'fuse'> = {},
): string {
  checkDataset(dataset);
  trials.forEach(checkTrial);
  return describeEnginePlan(planTraining(engineGpu(gpu).traits, dataset, trials, { fuse }));
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

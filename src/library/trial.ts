/** What a program asks to be trained, with its settings checked. */
import { checkTrial } from '../train/check-trial.js';
import type { TrainConfig, Trial } from '../train/types.js';

export { checkTrial };

/** The settings of a network and of its training; see `TrainConfig` for each. */
export interface TrialSettings extends Partial<TrainConfig> {
  /** What the network is called in reports; `network` if left out. */
  readonly name?: string;
  /** Of the validation split, the initial weights, the shuffles and the dropout masks; 0 if left out. */
  readonly seed?: number;
}

/** What `createTrial` fills in: one hidden layer, no regularisation but early stopping on a fifth held out. */
export const defaultConfig: TrainConfig = {
  hidden: [128],
  dropout: 0,
  weightDecay: 0,
  decay: 'decoupled',
  learningRate: 1e-3,
  batchSize: 128,
  epochs: 50,
  patience: 10,
  validation: 0.2,
};

/**
 * One network to train, its settings checked. What is left out comes from `defaultConfig`; `validation: 0` also leaves out the
 * patience, because there is then nothing to watch.
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

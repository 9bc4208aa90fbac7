/** What a program asks to be trained, with its settings checked. */
import { checkTrial, defaultConfig, type TrainConfig } from '../train/settings.js';
import type { Trial } from '../train/types.js';

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

import type { TrainConfig } from '../train/types.js';
import type { Setting } from './types.js';

/** Each setting as the command line spells it. */
export const settingNames: Readonly<Record<Setting, string>> = {
  hidden: 'hidden',
  dropout: 'dropout',
  weightDecay: 'weight-decay',
  decay: 'decay',
  learningRate: 'lr',
  batchSize: 'batch-size',
  epochs: 'epochs',
  patience: 'patience',
};

/** A setting's value as the command line spells it, such as `256,128`. */
export function settingValue(config: TrainConfig, setting: Setting): string {
  const value = config[setting];
  if (value === null) return 'none';
  return typeof value === 'object' ? value.join(',') : String(value);
}

/** `batch-size=32`, or `baseline` where nothing is swept. */
export function variantName(swept: Setting | null, config: TrainConfig): string {
  return swept === null ? 'baseline' : `${settingNames[swept]}=${settingValue(config, swept)}`;
}

import { EngineError } from '../base/errors.js';
import type { TrainConfig, Trial } from './types.js';

/** Every setting that there is. */
const settings: Readonly<Record<keyof TrainConfig, true>> = {
  hidden: true,
  dropout: true,
  weightDecay: true,
  decay: true,
  learningRate: true,
  batchSize: true,
  epochs: true,
  patience: true,
  validation: true,
};

/** More would not fit any device. */
const largestWidth = 65_536;

/**
 * Checks the settings of a trial.
 * @throws EngineError `usage` naming the setting
 */
export function checkTrial({ variant, seed, config }: Trial): void {
  const { hidden, dropout, weightDecay, decay, learningRate, batchSize, epochs, patience, validation } =
    config;
  const require = (holds: boolean, setting: string, value: unknown, expected: string): void => {
    if (holds) return;
    throw new EngineError('usage', `${variant}: ${setting} cannot be ${JSON.stringify(value)}`, { expected });
  };
  const unknown = Object.keys(config).find((setting) => !Object.hasOwn(settings, setting));
  require(unknown ===
    undefined, 'a setting', unknown, `one of ${Object.keys(settings).join(', ')}, name and seed`);
  const whole = (value: number, least: number, most = Number.MAX_SAFE_INTEGER): boolean =>
    Number.isSafeInteger(value) && value >= least && value <= most;
  // The kernels compute in float32: what is no number there is none here.
  const finite = (value: unknown): boolean =>
    typeof value === 'number' && Number.isFinite(Math.fround(value));
  require(whole(seed, 0), 'seed', seed, 'a whole number from 0');
  const isList: boolean = Array.isArray(hidden);
  require(isList &&
    hidden.every((width) =>
      whole(width, 1, largestWidth),
    ), 'hidden', hidden, `widths from 1 to ${largestWidth}`);
  require(finite(dropout) && dropout >= 0 && dropout < 1, 'dropout', dropout, 'from 0 to less than 1');
  require(dropout === 0 ||
    hidden.length > 0, 'dropout', dropout, '0 in a network without hidden layers: it follows the first one');
  require(weightDecay >= 0 && finite(weightDecay), 'weightDecay', weightDecay, 'at least 0');
  require(['decoupled', 'l2'].includes(decay), 'decay', decay, 'decoupled or l2');
  require(Math.fround(learningRate) > 0 && finite(learningRate), 'learningRate', learningRate, 'above 0');
  require(whole(batchSize, 1, largestWidth), 'batchSize', batchSize, `from 1 to ${largestWidth}`);
  require(whole(epochs, 1), 'epochs', epochs, 'a whole number from 1');
  require(finite(validation) &&
    validation >= 0 &&
    validation < 1, 'validation', validation, 'a share from 0 to less than 1');
  require(patience === null || whole(patience, 1), 'patience', patience, 'a whole number from 1, or null');
  require(patience === null ||
    validation > 0, 'patience', patience, 'null without a validation set: early stopping watches its loss');
}

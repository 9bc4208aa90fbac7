import { defaultConfig } from '../settings.js';
import type { TrainConfig, Trial, TrialResult } from '../index.js';

const config: TrainConfig = {
  ...defaultConfig,
  hidden: [8],
  dropout: 0,
  weightDecay: 0,
  decay: 'decoupled',
  learningRate: 1e-3,
  batchSize: 4,
  epochs: 3,
  patience: null,
  validation: 0.2,
};

/** A small trial, with what a test wants otherwise. */
export function trial(rest: Partial<TrainConfig> = {}, seed = 0, variant = 'test'): Trial {
  return { variant, seed, config: { ...config, ...rest } };
}

/**
 * What must be the same however a trial was run: everything but the times, and the list of kernels, in which
 * a trial without dropout finds the dropout that others asked for.
 */
export function outcome(result: TrialResult): Omit<TrialResult, 'seconds' | 'stepsPerSecond' | 'kernels'> {
  const { trial: of, history, stopped, best, test, confusion, perClassAccuracy, weightsSha256 } = result;
  return { trial: of, history, stopped, best, test, confusion, perClassAccuracy, weightsSha256 };
}

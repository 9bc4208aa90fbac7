import type { TrainConfig, Trial } from '../../src/train/index.js';

const config: TrainConfig = {
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

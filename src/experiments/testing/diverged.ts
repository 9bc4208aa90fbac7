/** Divergences made up for tests of what is told of them. */
import type { Circumstances } from '../index.js';
import type { Divergence } from '../../train/diverged-error.js';
import type { Trial } from '../../train/types.js';

/** In the seventh step of the second epoch. */
export function divergenceOf(trial: Trial): Divergence {
  return {
    trial,
    epoch: 2,
    step: 7,
    tensor: 'layer1',
    reproduced: true,
    place: `${trial.variant}, seed ${trial.seed}, epoch 2, step 7 of 50`,
    found: 'layer1 is the first tensor that is not finite',
    remedy: `use a smaller learning rate than ${trial.config.learningRate}`,
  };
}

export const circumstances: Omit<Circumstances, 'conclusions'> = {
  adapter: { description: 'llvmpipe', software: true, subgroupSize: 8 },
  dataset: { sha256: 'cd'.repeat(32), notice: null },
  command: ['--exp', '5'],
  versions: { 'wgsl-train': '0.1.0', node: '20.0.0' },
  fused: true,
  tuning: null,
};

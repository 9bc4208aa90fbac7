/**
 * Finished runs made up for tests of pages: seeds that differ, curves that fall and rise, names that would
 * break a page.
 */
import { conclude, summarise, type Summary } from '../../experiments/index.js';
import type { Overrides } from '../../experiments/plan.js';
import type { Experiment, ExperimentId } from '../../experiments/types.js';
import type { RunReport } from '../page/types.js';
import { outcome } from '../../experiments/testing/results.js';
import { inventedFirstLayer, inventedPredictions } from './invented.js';

/** A validation loss that falls, turns and rises; another variant or seed turns at another epoch. */
function losses(variant: string, seed: number, epochs: number): number[] {
  const turn = 6 + (variant.length % 3) + seed;
  const floor = 0.42 + 0.01 * (variant.length % 5) + 0.013 * seed;
  return Array.from(
    { length: epochs },
    (_, index) => floor + 0.9 / (index + 1) + 0.006 * Math.max(0, index - turn),
  );
}

/** Ten classes; class 3 is taken for class 5 most often. */
function confusion(seed: number): number[][] {
  return Array.from({ length: 10 }, (_, actual) =>
    Array.from({ length: 10 }, (_, predicted) => {
      if (actual === predicted) return actual === 3 ? 21 - seed : 27;
      if (actual === 3 && predicted === 5) return 7 + seed;
      return (actual + 2 * predicted) % 5 === 0 ? 1 : 0;
    }),
  );
}

export function inventedSummary(
  experiment: ExperimentId | Experiment,
  seeds: number,
  options: { readonly overrides?: Overrides; readonly dataset?: string; readonly epochs?: number } = {},
): Summary {
  const result = outcome(
    experiment,
    seeds,
    (variant, seed) => ({
      losses: losses(variant, seed, (options.epochs ?? 18) + seed),
      trainLoss: 0.05 + 0.01 * seed,
      valAccuracy: 0.86 + 0.004 * seed,
      testAccuracy: 0.871 + 0.003 * seed + 0.001 * (variant.length % 4),
      testLoss: 0.41 + 0.01 * seed,
      seconds: 12 + seed,
      confusion: confusion(seed),
    }),
    options,
  );
  return summarise(result, {
    adapter: { description: 'llvmpipe', software: true, subgroupSize: 8 },
    dataset: { sha256: 'cd'.repeat(32), notice: 'Whose data these are.' },
    command: [
      '--exp',
      typeof experiment === 'object' ? 'sweep' : String(experiment),
      '--data',
      'a directory',
    ],
    versions: { 'wgsl-train': '0.1.0', webgpu: '0.6.2', node: '20.0.0' },
    fused: true,
    tuning: null,
    conclusions: conclude(result),
  });
}

export function inventedReport(summary: Summary): RunReport {
  return {
    summary,
    test: inventedPredictions(summary),
    firstLayer: inventedFirstLayer(20),
    profile: null,
  };
}

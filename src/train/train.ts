import { assert } from '../base/errors.js';
import type { Gpu } from '../gpu/index.js';
import { diagnose, type Evidence } from './diagnose.js';
import { DivergedError, type Divergence } from './diverged-error.js';
import type { TrainOptions } from './group-context.js';
import type { PlannedTraining } from './plan-training.js';
import { runGroup } from './run-group.js';
import { uploadSamples } from './samples.js';
import type { TrialResult } from './types.js';

/**
 * Trains networks and evaluates them on the test set. Trials of one shape train side by side in the same
 * dispatches; a trial gets the same bits alone and among others. Groups of different shapes follow one
 * another. Trials that resume from states that `onCheckpoint` gave end with the bits of a training that was
 * never stopped.
 * @returns one result per trial, in the order given
 * @throws DivergedError when all others are done, if a trial diverged (a loss, gradient or parameter is not
 *   finite): with their results, and where the first such number stood; EngineError `interrupted` (the signal
 *   was aborted), or the first error of the GPU
 */
export async function train(
  gpu: Gpu,
  training: PlannedTraining,
  options: TrainOptions = {},
): Promise<TrialResult[]> {
  const { dataset, trials, groups, fuse } = training;
  if (trials.length === 0) return [];
  const samples = uploadSamples(gpu, dataset);
  const results = new Array<TrialResult | null>(trials.length).fill(null);
  const diverged: Evidence[] = [];
  const divergences: Divergence[] = [];
  try {
    for (const group of groups) {
      const outcome = await runGroup(gpu, samples, group, options);
      outcome.results.forEach((result, i) => {
        results[group.positions[i]!] = result;
      });
      diverged.push(...outcome.diverged);
    }
    for (const evidence of diverged)
      divergences.push(await diagnose({ gpu, samples, evidence, fuse, signal: options.signal }));
  } finally {
    gpu.release(samples.images);
    gpu.release(samples.labels);
  }
  gpu.check();
  if (divergences.length > 0) {
    // Groups mix the order of the trials.
    divergences.sort((a, b) => trials.indexOf(a.trial) - trials.indexOf(b.trial));
    throw new DivergedError(divergences, results);
  }
  return results.map((result) => {
    assert(result !== null, 'a trial that did not diverge has a result');
    return result;
  });
}

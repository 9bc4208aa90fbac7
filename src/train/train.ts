import { assert, EngineError } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import type { AdapterTraits, Gpu } from '../gpu/index.js';
import { diagnose, type Evidence } from './diagnose.js';
import { DivergedError, type Divergence } from './diverged-error.js';
import { groupTrials, type TrialGroup } from './grouping.js';
import { TrainingRecorder } from '../profile/recording.js';
import type { ProfileSink } from '../profile/types.js';
import { positionOf } from './resume.js';
import { runGroup } from './run-group.js';
import { uploadSamples } from './samples.js';
import { planGroup } from './plan-training.js';
import type { TrainHooks } from './hooks.js';
import type { Trial, TrialResult } from './types.js';

export interface TrainOptions extends TrainHooks {
  /** false runs every op as a kernel of its own; true (the default) fuses what one kernel can do at once. */
  readonly fuse?: boolean;
  /** Takes profiles; with it, some of the steps are timed, and the bits stay the same. */
  readonly profile?: ProfileSink;
}

/** The groups in which trials will run on an adapter: as many side by side as fit the device's limits. */
export function plannedGroups(
  dataset: Dataset,
  trials: readonly Trial[],
  traits: AdapterTraits,
  fuse = true,
  resume: TrainHooks['resume'] = () => null,
): TrialGroup[] {
  const fits = (trial: Trial, count: number): boolean => {
    try {
      planGroup(dataset, [trial], traits, fuse, count);
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.kind === 'usage') return false;
      throw error;
    }
  };
  return groupTrials(trials, fits, (trial) => positionOf(resume(trial)));
}

/**
 * Trains networks and evaluates them on the test set. Trials of one shape train side by side in the same dispatches; a trial gets
 * the same bits alone and among others. Groups of different shapes follow one another. With `resume`, trials go on from states that
 * `onCheckpoint` gave, and end with the bits of a training that was never stopped.
 * @returns one result per trial, in the order given
 * @throws DivergedError when all others are done, if a trial diverged (a loss, gradient or parameter is not finite): with their results,
 *   and where the first such number stood; EngineError `interrupted` (the signal was aborted), `usage` (the network does not fit the
 *   device), or the first error of the GPU
 */
export async function train(
  gpu: Gpu,
  dataset: Dataset,
  trials: readonly Trial[],
  options: TrainOptions = {},
): Promise<TrialResult[]> {
  if (trials.length === 0) return [];
  const fuse = options.fuse ?? true;
  const groups = plannedGroups(dataset, trials, gpu.traits, fuse, options.resume);
  const samples = uploadSamples(gpu, dataset);
  let recorder: TrainingRecorder | null = null;
  const results = new Array<TrialResult | null>(trials.length).fill(null);
  const diverged: Evidence[] = [];
  const divergences: Divergence[] = [];
  try {
    if (options.profile !== undefined) recorder = await TrainingRecorder.start(gpu, options.profile);
    for (const { trials: members, positions } of groups) {
      const plan = planGroup(dataset, members, gpu.traits, fuse);
      const group = await runGroup(gpu, dataset, samples, plan, members, options, recorder);
      group.results.forEach((result, i) => {
        results[positions[i]!] = result;
      });
      diverged.push(...group.diverged);
      await recorder?.compareClocks();
    }
    for (const evidence of diverged)
      divergences.push(await diagnose(gpu, dataset, samples, evidence, { fuse, signal: options.signal }));
  } finally {
    recorder?.release();
    gpu.release(samples.images);
    gpu.release(samples.labels);
  }
  gpu.check();
  recorder?.finish();
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

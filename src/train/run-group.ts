import { EngineError } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import { splitIndices } from '../data/split.js';
import type { Gpu } from '../gpu/index.js';
import { capture, nameParameters, readKept } from './capture.js';
import { conclude } from './conclude.js';
import type { Evidence } from './diagnose.js';
import { trainEpochs } from './epochs.js';
import type { GroupSink } from '../profile/recording.js';
import { StepSampler } from '../profile/sampler.js';
import { restore } from './resume.js';
import type { Snapshot, TrialState } from './state.js';
import type { Samples } from './samples.js';
import type { GroupPlan } from './plan-training.js';
import { createRun, type Run } from './trial-run.js';
import type { TrainHooks } from './hooks.js';
import type { NamedParameters, Trial, TrialResult, TrialWeights } from './types.js';
import { Workspace } from './workspace.js';

/** What became of the trials of a group. */
export interface GroupOutcome {
  /** In the order of the trials; null for those that diverged. */
  readonly results: readonly (TrialResult | null)[];
  /** Of those, what their diagnosis starts from. */
  readonly diverged: readonly Evidence[];
}

/**
 * Trains a group of trials side by side until the last one stops; then evaluates each one's selected weights on the test set. Trials that
 * have stopped already, in the states that they go on from, are only evaluated.
 * @param trials of one shape, which have come equally far
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
export async function runGroup(
  gpu: Gpu,
  dataset: Dataset,
  samples: Samples,
  group: GroupPlan,
  trials: readonly Trial[],
  hooks: TrainHooks,
  profile: GroupSink | null = null,
): Promise<GroupOutcome> {
  requireNotStopped(hooks);
  const workspace = await Workspace.create(gpu, dataset, samples, group, trials);
  let sampler: StepSampler | null = null;
  try {
    const states = trials.map((trial) => hooks.resume?.(trial) ?? null);
    const runs = trials.map((trial, index): Run => {
      const split = splitIndices(dataset.train.count, trial.config.validation, trial.seed);
      workspace.writeEvaluationOrder(index, split.validation, dataset.train.count);
      return createRun(index, trial, split, states[index]!);
    });
    const trains = runs.some(({ stopped }) => stopped === null);
    // What is only evaluated needs no pace.
    const stepMs = trains ? await workspace.warmUp() : 0;
    trials.forEach((trial, index) => {
      restore(workspace, group, index, trial, states[index]!);
    });
    if (trains) {
      const start = states[0]?.last ?? { epoch: 0, step: 0 };
      if (profile !== null)
        sampler = new StepSampler(gpu, workspace.training, trials, group.sizes.batch, profile.timeline);
      await trainEpochs(gpu, group, workspace, runs, start, stepMs, hooks, sampler);
    }
    if (sampler !== null) {
      const measured = await sampler.finish();
      profile?.onGroup(measured.profile, measured.timeline);
    }
    if (hooks.onCheckpoint !== undefined) hooks.onCheckpoint(await capture(workspace, group, runs));
    if (hooks.onWeights !== undefined) await handOutWeights(group, workspace, runs, hooks.onWeights);
    requireNotStopped(hooks);
    const results = await conclude(gpu, dataset, group, workspace, runs);
    return { results, diverged: await collectEvidence(workspace, group, runs, states) };
  } finally {
    sampler?.release();
    workspace.release();
  }
}

/** Of each trial that has diverged, what its diagnosis starts from. */
async function collectEvidence(
  workspace: Workspace,
  group: GroupPlan,
  runs: readonly Run[],
  states: readonly (TrialState | null)[],
): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const run of runs) {
    if (run.diverged === null) continue;
    const resumed = states[run.index]?.last ?? null;
    const isLater = resumed === null || run.keptEpoch > resumed.epoch;
    const from: Snapshot | null =
      isLater && run.keptEpoch > 0 ? await readKept(workspace, group, run) : resumed;
    const parameters = await workspace.state.readParameters(run.index);
    evidence.push({ trial: run.trial, finding: run.diverged, from, parameters });
  }
  return evidence;
}

async function handOutWeights(
  group: GroupPlan,
  workspace: Workspace,
  runs: readonly Run[],
  onWeights: (weights: TrialWeights) => void,
): Promise<void> {
  const named = (slice: Float32Array): NamedParameters => nameParameters(group, slice);
  for (const { index, trial, history, keptEpoch, diverged } of runs) {
    if (diverged !== null) continue;
    const last = { epoch: history.length, parameters: named(await workspace.state.readParameters(index)) };
    const best =
      keptEpoch === last.epoch
        ? last
        : { epoch: keptEpoch, parameters: named(await workspace.state.readParameters(index, 'kept')) };
    onWeights({ trial, best, last });
  }
}

/** Where no epoch is under way there is nothing to hand out. */
function requireNotStopped(hooks: TrainHooks): void {
  if (hooks.signal?.aborted === true)
    throw new EngineError('interrupted', 'stopped before the end; no results were written');
}

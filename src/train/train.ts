import { assert, EngineError } from '../base/errors.js';
import type { Gpu } from '../gpu/index.js';
import { replay } from '../graph/index.js';
import { capture, nameParameters, readKept } from './capture.js';
import { conclude } from './conclude.js';
import { diagnose, type Evidence } from './diagnose.js';
import { DivergedError, type Divergence } from './diverged-error.js';
import { trainEpochs } from './epochs.js';
import type { GroupContext, StepRunner, TrainOptions } from './group-context.js';
import { largestBufferOf, type GroupPlan, type PlannedTraining } from './plan-training.js';
import { restore } from './resume.js';
import { releaseSamples, uploadSamples, type Samples } from './samples.js';
import { createRun } from './trial-run.js';
import type { NamedParameters, TrialResult } from './types.js';
import { Workspace } from './workspace.js';

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
  opened: Gpu,
  training: PlannedTraining,
  options: TrainOptions = {},
): Promise<TrialResult[]> {
  const { dataset, trials, groups, fuse } = training;
  if (trials.length === 0) return [];
  const gpu = await opened.forBuffers(largestBufferOf(training));
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
    releaseSamples(gpu, samples);
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

/**
 * Trains a group of trials side by side until the last one stops; then evaluates each one's selected weights
 * on the test set. Trials that have stopped already, in the states that they resume from, are only evaluated.
 * @returns results in the order of the trials, null for those that diverged; and what is known of these
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
async function runGroup(gpu: Gpu, samples: Samples, group: GroupPlan, options: TrainOptions) {
  requireNotStopped(options);
  const workspace = await Workspace.create(gpu, samples, group);
  try {
    const runs = group.trials.map((trial, index) => createRun(index, trial, group.states[index] ?? null));
    const context = { gpu, group, workspace, runs, hooks: options };
    const trains = runs.some(({ stopped }) => stopped === null);
    // What is only evaluated needs no pace.
    const stepMs = trains ? await workspace.warmUp() : 0;
    for (const { index } of runs) restore(workspace, index);
    const program = workspace.training;
    const trainWith = (steps: StepRunner): Promise<void> => trainEpochs(context, stepMs, steps);
    const plainly: StepRunner['replay'] = (...range) => {
      replay(gpu, program, ...range);
    };
    if (trains) await (options.runSteps?.(group, program, trainWith) ?? trainWith({ replay: plainly }));
    await handOut(context);
    requireNotStopped(options);
    return { results: await conclude(context), diverged: await collectEvidence(context) };
  } finally {
    workspace.release();
  }
}

/** Hands out states and weights of a group that is done. What both hold is read back once. */
async function handOut(context: GroupContext): Promise<void> {
  const { group, workspace, runs, hooks } = context;
  const states = hooks.onCheckpoint === undefined ? [] : await capture(workspace, runs);
  await hooks.onCheckpoint?.(states);
  if (hooks.onWeights === undefined) return;
  for (const { index, trial, history, keptEpoch, diverged } of runs) {
    if (diverged !== null) continue;
    const state = states.find((each) => each.trial === trial);
    const read = async (from: 'last' | 'kept'): Promise<NamedParameters> =>
      nameParameters(group, await workspace.state.readParameters(index, from));
    const epoch = history.length;
    const last = { epoch, parameters: state?.last.parameters ?? (await read('last')) };
    const best =
      keptEpoch === epoch
        ? last
        : { epoch: keptEpoch, parameters: state?.best?.parameters ?? (await read('kept')) };
    hooks.onWeights({ trial, best, last });
  }
}

/** Of each trial that has diverged, what its diagnosis starts from. */
async function collectEvidence({ group, workspace, runs }: GroupContext): Promise<Evidence[]> {
  const evidence: Evidence[] = [];
  for (const run of runs) {
    if (run.diverged === null) continue;
    const resumed = group.states[run.index]?.last ?? null;
    const isLater = resumed === null || run.keptEpoch > resumed.epoch;
    const from = isLater && run.keptEpoch > 0 ? await readKept(workspace, run) : resumed;
    const parameters = await workspace.state.readParameters(run.index);
    evidence.push({ trial: run.trial, finding: run.diverged, from, parameters });
  }
  return evidence;
}

/** Where no epoch is under way there is nothing to hand out. */
function requireNotStopped(hooks: TrainOptions): void {
  if (hooks.signal?.aborted === true)
    throw new EngineError('interrupted', 'stopped before the end; no results were written');
}

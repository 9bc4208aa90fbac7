import { EngineError } from '../base/errors.js';
import { shuffled } from '../data/split.js';
import type { Gpu } from '../gpu/index.js';
import { replay } from '../graph/index.js';
import { capture } from './capture.js';
import { findDivergence, firstOverflow } from './divergence.js';
import { Pacer } from './pacing.js';
import type { StepSampler } from '../profile/sampler.js';
import type { GroupPlan, Sizes } from './plan-training.js';
import { isKept, settle, takeIn, type Run } from './trial-run.js';
import type { TrainHooks } from './hooks.js';
import type { EpochReadback, Workspace } from './workspace.js';

/** Where a group begins: epochs that its trials have done, and steps of the one after them. */
export interface Start {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Trains the trials of a group that have not stopped, epoch by epoch, until the last one does. Inside an epoch the host only submits; it
 * waits once, at the end. Trials that diverge are set aside with what was found, and the others train on.
 * @param stepMs a first measurement of a step
 * @param sampler runs the steps if they are to be profiled
 * @throws EngineError `interrupted` (after the states were handed out), or the first error of the GPU
 */
export async function trainEpochs(
  gpu: Gpu,
  group: GroupPlan,
  workspace: Workspace,
  runs: readonly Run[],
  start: Start,
  stepMs: number,
  hooks: TrainHooks,
  sampler: StepSampler | null,
): Promise<void> {
  const { sizes } = group;
  const pacer = new Pacer(stepMs);
  const evaluationSteps = evaluationCost(group);
  let active = runs.filter(({ stopped }) => stopped === null);
  // A training that goes on counts the seconds that went before.
  const before = Math.max(0, ...active.map(({ seconds }) => seconds));
  const started = performance.now() - 1000 * before;
  const seconds = (now = performance.now()): number => (now - started) / 1000;
  const stopIfAsked = async (epoch: number, step: number): Promise<void> => {
    if (hooks.signal?.aborted !== true) return;
    for (const run of active) run.seconds = seconds();
    await leave(gpu, workspace, group, runs, epoch, step, hooks);
  };
  const { epochs } = runs[0]!.trial.config;

  for (let epoch = start.epoch + 1; epoch <= epochs && active.length > 0; epoch++) {
    const firstStep = epoch === start.epoch + 1 ? start.step : 0;
    await stopIfAsked(epoch, firstStep);
    const epochStarted = performance.now();
    pacer.beginEpoch(epochStarted);
    for (const { index, split, trial } of active) {
      workspace.writeTrainingOrder(
        index,
        shuffled(split.train, trial.seed, epoch) as Uint32Array<ArrayBuffer>,
      );
    }
    workspace.writeTrials(active.map(({ index }) => index));
    workspace.writeTrainingSteps((epoch - 1) * sizes.trainSteps);
    workspace.submitStartCheck(active.length);
    sampler?.note('order', epochStarted);

    for (let step = firstStep; step < sizes.trainSteps;) {
      await stopIfAsked(epoch, step);
      const count = pacer.take(sizes.trainSteps - step);
      if (sampler === null) replay(gpu, workspace.training, step, count, active.length);
      else await sampler.replay(step, count, active.length);
      step += count;
      hooks.onProgress?.({ epoch, step, steps: sizes.trainSteps, active: active.length });
      pacer.submitted(count);
      const restStarted = performance.now();
      await pacer.rest();
      sampler?.note('sleep', restStarted);
    }
    await stopIfAsked(epoch, sizes.trainSteps);
    const encoder = gpu.device.createCommandEncoder({ label: `end of epoch ${epoch}` });
    workspace.encodeEvaluation(encoder, 'validation', active.length, sampler?.evaluationPass(active.length));
    gpu.device.queue.submit([encoder.finish()]);
    pacer.submitted(evaluationSteps);
    const expectedMs = pacer.remaining();
    const readStarted = performance.now();
    const readback = await workspace.read();
    const now = performance.now();
    sampler?.note('map', readStarted);
    const stepsDone = sizes.trainSteps - firstStep;
    pacer.learn(stepsDone + evaluationSteps, now - epochStarted, expectedMs, readback.waitedMs);
    await sampler?.endEpoch(epoch, epochStarted);

    const began = active.length;
    const trained = setDivergedAside(active, readback, sizes, epoch, hooks);
    const improved = takeIn(trained, readback, sizes, epoch, seconds(now));
    keep(gpu, workspace, trained.filter(isKept), epoch);
    active = settle(trained, epoch);
    if (active.length > 0) pacer.scale(active.length / began);
    if (trained.length === 0) break;
    hooks.onEpoch?.({
      epoch,
      trials: trained.map((run) => ({
        trial: run.trial,
        record: run.history.at(-1)!,
        improved: improved.includes(run),
      })),
      active: active.length,
      stepsPerSecond: (1000 * stepsDone) / (now - epochStarted),
      seconds: seconds(now),
    });
    if (active.length > 0 && hooks.checkpointDue?.() === true) {
      hooks.onCheckpoint?.(await capture(workspace, group, runs));
    }
  }
}

/** Marks the trials that have diverged in an epoch. @returns those that have not */
function setDivergedAside(
  active: readonly Run[],
  readback: EpochReadback,
  sizes: Sizes,
  epoch: number,
  hooks: TrainHooks,
): Run[] {
  for (const run of active) {
    run.diverged = findDivergence(readback, run.index, sizes, epoch);
    if (run.diverged !== null) hooks.onDiverged?.(run.trial, epoch);
  }
  return active.filter(({ diverged }) => diverged === null);
}

/** Copies the state of these trials, so that it is there when the training has gone on. */
function keep(gpu: Gpu, workspace: Workspace, runs: readonly Run[], epoch: number): void {
  if (runs.length === 0) return;
  const encoder = gpu.device.createCommandEncoder({ label: `kept state of epoch ${epoch}` });
  workspace.state.encodeKeep(
    encoder,
    runs.map(({ index }) => index),
  );
  gpu.device.queue.submit([encoder.finish()]);
  for (const run of runs) run.keptEpoch = epoch;
}

/**
 * Ends a training that is to be stopped: waits for the submit in flight and hands out the states, unless a value is not finite.
 * @param step steps of the epoch that were submitted
 * @throws EngineError `interrupted`, always
 */
async function leave(
  gpu: Gpu,
  workspace: Workspace,
  group: GroupPlan,
  runs: readonly Run[],
  epoch: number,
  step: number,
  hooks: TrainHooks,
): Promise<never> {
  const steps = group.sizes.trainSteps;
  if (hooks.onCheckpoint !== undefined) {
    const { nonfinite, train } = await workspace.readCheck();
    const isSound = ({ index, stopped, diverged }: Run): boolean =>
      stopped !== null ||
      diverged !== null ||
      (nonfinite[index]!.length === 0 && firstOverflow(train[index]!.slice(0, step)) === null);
    const states = await capture(workspace, group, runs.filter(isSound), step);
    gpu.check();
    hooks.onCheckpoint(states);
  }
  throw new EngineError('interrupted', `stopped in epoch ${epoch}, after step ${step} of ${steps}`);
}

/** How many training steps cost as much as the evaluation after an epoch, by their FLOPs. */
function evaluationCost({ training, evaluation, sizes }: GroupPlan): number {
  const [step, batch] = [training, evaluation].map(({ plan }) =>
    plan.dispatches.reduce((sum, { configuration }) => sum + configuration.flops, 0),
  );
  return (sizes.validationSteps * batch!) / step!;
}

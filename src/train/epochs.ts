import { EngineError } from '../base/errors.js';
import { capture, readWeights } from './capture.js';
import { findDivergence, firstOverflow, type EpochReadback } from './divergence.js';
import type { GroupContext, ReadWeights, StepRunner } from './group-context.js';
import { Pacer } from './pacing.js';
import type { GroupPlan } from './plan-training.js';
import { isKept, settle, takeIn, type TrialRun } from './trial-run.js';

/** A group while it trains. */
interface Training extends GroupContext {
  readonly steps: StepRunner;
  readonly pacer: Pacer;
  /** Seconds of training until a moment, those before it was resumed included. */
  readonly seconds: (now?: number) => number;
}

/** An epoch on its way. */
interface Epoch {
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps that were done of it when the training was resumed. */
  readonly firstStep: number;
  readonly startedMs: number;
  readonly active: readonly TrialRun[];
}

/**
 * Trains the trials of a group that have not stopped, epoch by epoch, until the last one does. Inside an
 * epoch the host only submits; it waits once, at the end. Trials that diverge are set aside with what was
 * found, and the others train on.
 * @param stepMs a first measurement of a step
 * @throws EngineError `interrupted` (after the states were handed out), or the first error of the GPU
 */
export async function trainEpochs(context: GroupContext, stepMs: number, steps: StepRunner): Promise<void> {
  const { group, hooks, runs } = context;
  let active: readonly TrialRun[] = runs.filter(({ stopped }) => stopped === null);
  const before = Math.max(0, ...active.map(({ seconds }) => seconds));
  const pacer = new Pacer(stepMs, hooks.pace, () => context.gpu.done());
  const startedMs = pacer.now() - 1000 * before;
  const seconds = (now = pacer.now()): number => (now - startedMs) / 1000;
  const training: Training = { ...context, steps, pacer, seconds };
  const start = group.states[0]?.last ?? { epoch: 0, step: 0 };
  const epochs = Math.min(group.trials[0]!.config.epochs, hooks.until ?? Infinity);
  for (let epoch = start.epoch + 1; epoch <= epochs && active.length > 0; epoch++) {
    const firstStep = epoch === start.epoch + 1 ? start.step : 0;
    await betweenSubmits(training, active, epoch, firstStep);
    active = await trainEpoch(training, { epoch, firstStep, startedMs: pacer.now(), active });
  }
  for (const run of active) run.stopped = 'pruned';
}

/** @returns the trials that train on */
async function trainEpoch(training: Training, at: Epoch): Promise<readonly TrialRun[]> {
  const { group, hooks, pacer, runs, seconds, steps, workspace } = training;
  const { epoch, startedMs } = at;
  await submitSteps(training, at);
  const { readback, endedMs, stepsDone } = await evaluate(training, at);
  await steps.endEpoch?.(epoch, startedMs);
  const trained = setDivergedAside(training, at, readback);
  const improved = takeIn(trained, readback, group.sizes, epoch, seconds(endedMs));
  keep(training, trained, epoch);
  const active = settle(trained, epoch);
  if (active.length > 0) pacer.scale(active.length / at.active.length);
  if (trained.length === 0) return active;
  hooks.onEpoch?.({
    epoch,
    trials: trained.map((run) => ({
      trial: run.trial,
      record: run.history.at(-1)!,
      improved: improved.includes(run),
    })),
    active: active.length,
    stepsPerSecond: (1000 * stepsDone) / (endedMs - startedMs),
    seconds: seconds(endedMs),
  });
  if (active.length > 0 && hooks.checkpointDue?.() === true)
    await hooks.onCheckpoint?.(await capture(workspace, runs));
  return active;
}

/** Writes the order of the epoch and submits its steps, without waiting for any. */
async function submitSteps(
  training: Training,
  { epoch, firstStep, startedMs, active }: Epoch,
): Promise<void> {
  const { group, hooks, pacer, steps, workspace } = training;
  const { trainSteps } = group.sizes;
  pacer.beginEpoch(startedMs);
  workspace.writeEpoch(
    epoch,
    active.map(({ index }) => index),
  );
  workspace.submitStartCheck(active.length);
  steps.note?.('order', startedMs);
  await pacer.submitSteps(
    trainSteps - firstStep,
    async (done, most) => {
      const step = firstStep + done;
      await betweenSubmits(training, active, epoch, step);
      const count = await workspace.ready(step, most);
      await steps.replay(step, count, active.length);
      hooks.onProgress?.({ epoch, step: step + count, steps: trainSteps, active: active.length });
      return count;
    },
    (beganMs) => steps.note?.('sleep', beganMs),
  );
  await betweenSubmits(training, active, epoch, trainSteps);
}

/** Evaluates on the validation set and waits for the epoch, from which the pacer learns. */
async function evaluate(
  { group, pacer, steps, workspace }: Training,
  { epoch, firstStep, startedMs, active }: Epoch,
): Promise<{ readonly readback: EpochReadback; readonly endedMs: number; readonly stepsDone: number }> {
  const evaluationSteps = evaluationCost(group);
  const timing = (): GPUComputePassDescriptor | undefined => steps.evaluationPass?.(active.length);
  await workspace.evaluate('validation', active.length, `end of epoch ${epoch}`, timing);
  pacer.submitted(evaluationSteps);
  const expectedMs = pacer.remaining();
  const readMs = pacer.now();
  const readback = await workspace.read();
  const endedMs = pacer.now();
  steps.note?.('map', readMs);
  const stepsDone = group.sizes.trainSteps - firstStep;
  pacer.learn(stepsDone + evaluationSteps, endedMs - startedMs, expectedMs, readback.waitedMs);
  return { readback, endedMs, stepsDone };
}

/** Marks the trials that have diverged in an epoch. @returns those that have not */
function setDivergedAside(
  { group, hooks }: Training,
  { active, epoch }: Epoch,
  readback: EpochReadback,
): TrialRun[] {
  for (const run of active) {
    run.diverged = findDivergence(readback, run.index, group.sizes, epoch);
    if (run.diverged !== null) hooks.onDiverged?.(run.trial, epoch);
  }
  return active.filter(({ diverged }) => diverged === null);
}

/**
 * Copies the state of trials whose weights are the result so far, so that it is there when the training has
 * continued; and where somebody may ask for their weights, the parameters of the others.
 */
function keep({ workspace, hooks }: Training, trained: readonly TrialRun[], epoch: number): void {
  const kept = trained.filter(isKept);
  const asked = hooks.betweenSubmits === undefined ? [] : trained.filter((run) => !isKept(run));
  if (kept.length + asked.length === 0) return;
  const indices = (runs: readonly TrialRun[]): number[] => runs.map(({ index }) => index);
  workspace.submit(`kept state of epoch ${epoch}`, (encoder) => {
    workspace.state.encodeKeep(encoder, indices(kept));
    if (asked.length > 0) workspace.state.encodeKeepEpoch(encoder, indices(asked));
  });
  for (const run of kept) run.keptEpoch = epoch;
  for (const run of asked) run.rememberedEpoch = epoch;
}

/** Between two submits weights can be read, and the training can be held up and be stopped. */
async function betweenSubmits(
  training: Training,
  active: readonly TrialRun[],
  epoch: number,
  step: number,
): Promise<void> {
  const { gpu, hooks, pacer } = training;
  const read: ReadWeights = (trial, at) => readWeights(training, trial, at, step);
  for (let until = hooks.betweenSubmits?.(read); until !== undefined; until = hooks.betweenSubmits?.(read)) {
    // A device that is lost ends the pause, too.
    const { lost } = gpu.device;
    if ((await pacer.hold(Promise.race([until, lost]))) === undefined) continue;
    gpu.check();
    break;
  }
  await stopIfAsked(training, active, epoch, step);
}

/**
 * Ends a training that is to be stopped: waits for the submit in flight and hands out the states, unless a
 * value is not finite.
 * @param step steps of the epoch that were submitted
 * @throws EngineError `interrupted`, if the signal was aborted
 */
async function stopIfAsked(
  training: Training,
  active: readonly TrialRun[],
  epoch: number,
  step: number,
): Promise<void> {
  const { gpu, group, hooks, runs, workspace } = training;
  if (hooks.signal?.aborted !== true) return;
  for (const run of active) run.seconds = training.seconds();
  if (hooks.onCheckpoint !== undefined) {
    const { nonfinite, train } = await workspace.readCheck();
    const isSound = ({ index, stopped, diverged }: TrialRun): boolean =>
      stopped !== null ||
      diverged !== null ||
      (nonfinite[index]!.length === 0 && firstOverflow(train[index]!.slice(0, step)) === null);
    const states = await capture(workspace, runs.filter(isSound), step);
    gpu.check();
    await hooks.onCheckpoint(states);
  }
  const steps = group.sizes.trainSteps;
  throw new EngineError('interrupted', `stopped in epoch ${epoch}, after step ${step} of ${steps}`);
}

/** How many training steps cost as much as the evaluation after an epoch, by their FLOPs. */
function evaluationCost({ training, evaluation, sizes }: GroupPlan): number {
  const [step, batch] = [training, evaluation].map(({ plan }) =>
    plan.dispatches.reduce((sum, { configuration }) => sum + configuration.flops, 0),
  );
  return (sizes.validationSteps * batch!) / step!;
}

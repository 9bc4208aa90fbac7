import { createHash } from 'node:crypto';
import { EngineError } from '../base/errors.js';
import type { Dataset } from '../data/dataset.js';
import { shuffled, splitIndices, type Split } from '../data/split.js';
import type { Gpu } from '../gpu/index.js';
import { kernelLabel, replay, type Plan } from '../graph/index.js';
import { unpackParameter } from '../model/index.js';
import { diverged, firstOverflow, refuseDivergence } from './divergence.js';
import { isOver, nothingSeen, watch, type Watch } from './early-stopping.js';
import { Pacer } from './pacing.js';
import type { GroupSink } from './profile/recording.js';
import { StepSampler } from './profile/sampler.js';
import type { Samples } from './samples.js';
import type { GroupPlan, Sizes } from './setup.js';
import type {
  EpochRecord,
  NamedParameters,
  Score,
  TrainHooks,
  Trial,
  TrialResult,
  TrialWeights,
} from './types.js';
import { Workspace, type BatchMetrics, type EpochReadback } from './workspace.js';

/** What the host keeps of one trial while its group trains. */
interface Run {
  readonly index: number;
  readonly trial: Trial;
  readonly split: Split;
  readonly history: EpochRecord[];
  watch: Watch;
  stopped: 'early' | 'completed' | null;
  /** Training time until it stopped, in seconds. */
  seconds: number;
}

/**
 * Trains a group of trials side by side, epoch by epoch, until the last one stops; then evaluates each one's selected weights
 * on the test set. Inside an epoch the host only submits; it waits once, at the end.
 * @throws EngineError `diverged`, `interrupted`, or the first error of the GPU
 */
export async function runGroup(
  gpu: Gpu,
  dataset: Dataset,
  samples: Samples,
  group: GroupPlan,
  trials: readonly Trial[],
  hooks: TrainHooks,
  profile: GroupSink | null = null,
): Promise<TrialResult[]> {
  const workspace = await Workspace.create(gpu, dataset, samples, group, trials);
  const sampler =
    profile && new StepSampler(gpu, workspace.training, trials, group.sizes.batch, profile.timeline);
  try {
    const runs = trials.map((trial, index): Run => {
      const split = splitIndices(dataset.train.count, trial.config.validation, trial.seed);
      workspace.writeEvaluationOrder(index, split.validation, dataset.train.count);
      return { index, trial, split, history: [], watch: nothingSeen, stopped: null, seconds: 0 };
    });
    await trainEpochs(gpu, group, workspace, runs, hooks, sampler);
    if (sampler !== null) {
      const measured = await sampler.finish();
      profile?.onGroup(measured.profile, measured.timeline);
    }
    if (hooks.onWeights !== undefined) await handOutWeights(group, workspace, runs, hooks.onWeights);
    return await conclude(gpu, dataset, group, workspace, runs);
  } finally {
    sampler?.release();
    workspace.release();
  }
}

/** @param sampler runs the steps if they are to be profiled */
async function trainEpochs(
  gpu: Gpu,
  group: GroupPlan,
  workspace: Workspace,
  runs: readonly Run[],
  hooks: TrainHooks,
  sampler: StepSampler | null,
): Promise<void> {
  const { sizes } = group;
  const pacer = new Pacer(await workspace.start());
  const evaluationSteps = evaluationCost(group);
  const started = performance.now();
  const { epochs } = runs[0]!.trial.config;
  let active = runs;

  for (let epoch = 1; epoch <= epochs && active.length > 0; epoch++) {
    checkInterrupted(hooks);
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
    sampler?.note('order', epochStarted);

    for (let step = 0; step < sizes.trainSteps;) {
      checkInterrupted(hooks);
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
    checkInterrupted(hooks);
    const encoder = gpu.device.createCommandEncoder({ label: `end of epoch ${epoch}` });
    workspace.encodeEvaluation(encoder, 'validation', active.length, sampler?.evaluationPass(active.length));
    gpu.device.queue.submit([encoder.finish()]);
    pacer.submitted(evaluationSteps);
    const expectedMs = pacer.remaining();
    const readStarted = performance.now();
    const readback = await workspace.read();
    const now = performance.now();
    sampler?.note('map', readStarted);
    pacer.learn(sizes.trainSteps + evaluationSteps, now - epochStarted, expectedMs, readback.waitedMs);
    await sampler?.endEpoch(epoch, epochStarted);

    await refuseDivergence(workspace, group, active, readback, epoch);
    const improved = takeIn(active, readback, sizes, epoch);
    // Without early stopping, or anything to judge epochs by, the last weights are the result.
    const kept = active.filter(
      (run) => run.trial.config.patience === null || run.watch.best === null || improved.includes(run),
    );
    if (kept.length > 0) {
      const copy = gpu.device.createCommandEncoder({ label: `kept weights of epoch ${epoch}` });
      workspace.encodeCopy(
        copy,
        'parameters',
        kept.map(({ index }) => index),
      );
      gpu.device.queue.submit([copy.finish()]);
    }
    const before = active;
    active = settle(active, epoch, (now - started) / 1000);
    if (active.length > 0) pacer.scale(active.length / before.length);
    hooks.onEpoch?.({
      epoch,
      trials: before.map((run) => ({
        trial: run.trial,
        record: run.history.at(-1)!,
        improved: improved.includes(run),
      })),
      active: active.length,
      stepsPerSecond: (1000 * sizes.trainSteps) / (now - epochStarted),
      seconds: (now - started) / 1000,
    });
  }
}

/** How many training steps cost as much as the evaluation after an epoch, by their FLOPs. */
function evaluationCost({ training, evaluation, sizes }: GroupPlan): number {
  const [step, batch] = [training, evaluation].map(({ plan }) =>
    plan.dispatches.reduce((sum, { configuration }) => sum + configuration.flops, 0),
  );
  return (sizes.validationSteps * batch!) / step!;
}

/** Adds the epoch to each trial's history. @returns the trials whose validation loss is the lowest so far */
function takeIn(active: readonly Run[], readback: EpochReadback, sizes: Sizes, epoch: number): Run[] {
  return active.filter((run) => {
    const train = score(readback.train[run.index]!.slice(0, sizes.trainSteps), sizes.train);
    const validation =
      sizes.validation === 0
        ? null
        : score(readback.evaluation[run.index]!.slice(0, sizes.validationSteps), sizes.validation);
    run.history.push({ epoch, train, validation });
    if (validation === null) return false;
    run.watch = watch(run.watch, epoch, validation);
    return run.watch.waited === 0;
  });
}

/** Marks the trials that are done. @returns those that train on */
function settle(active: readonly Run[], epoch: number, seconds: number): Run[] {
  for (const run of active) {
    run.seconds = seconds;
    if (epoch === run.trial.config.epochs) run.stopped = 'completed';
    else if (isOver(run.watch, run.trial.config.patience)) run.stopped = 'early';
  }
  return active.filter((run) => run.stopped === null);
}

async function handOutWeights(
  group: GroupPlan,
  workspace: Workspace,
  runs: readonly Run[],
  onWeights: (weights: TrialWeights) => void,
): Promise<void> {
  const named = (slice: Float32Array): NamedParameters =>
    new Map(
      group.training.graph.parameters.map((parameter) => {
        const { rows, columns, vector } = parameter.value;
        const shape = vector === true ? [columns] : [rows, columns];
        return [parameter.name, { shape, data: unpackParameter(parameter, slice) }];
      }),
    );
  for (const { index, trial, history, watch } of runs) {
    const last = { epoch: history.length, parameters: named(await workspace.readParameters(index)) };
    const bestEpoch = trial.config.patience === null ? last.epoch : (watch.best?.epoch ?? last.epoch);
    const best =
      bestEpoch === last.epoch
        ? last
        : { epoch: bestEpoch, parameters: named(await workspace.readParameters(index, 'selected')) };
    onWeights({ trial, best, last });
  }
}

/** Puts the selected weights back and measures them on the test set. */
async function conclude(
  gpu: Gpu,
  dataset: Dataset,
  group: GroupPlan,
  workspace: Workspace,
  runs: readonly Run[],
): Promise<TrialResult[]> {
  const all = runs.map(({ index }) => index);
  workspace.writeTrials(all);
  const encoder = gpu.device.createCommandEncoder({ label: 'test' });
  workspace.encodeCopy(encoder, 'selected', all);
  workspace.encodeEvaluation(encoder, 'test', runs.length);
  gpu.device.queue.submit([encoder.finish()]);
  const { sizes } = group;
  const readback = await workspace.read();
  const confusions = await workspace.readConfusion(dataset.classes);
  const kernels = {
    training: kernelsOf(group.training.plan),
    evaluation: kernelsOf(group.evaluation.plan),
  };
  const results: TrialResult[] = [];
  for (const run of runs) {
    const tested = readback.evaluation[run.index]!.slice(sizes.validationSteps).slice(0, sizes.testSteps);
    if (firstOverflow(tested) >= 0) throw await diverged(workspace, group, run, 'test set');
    const confusion = confusions[run.index]!;
    const steps = run.history.length * sizes.trainSteps;
    results.push({
      trial: run.trial,
      history: run.history,
      stopped: run.stopped ?? 'completed',
      best: run.watch.best,
      test: score(tested, sizes.test),
      confusion,
      perClassAccuracy: confusion.map((row, actual) => {
        const count = row.reduce((sum, each) => sum + each, 0);
        return count === 0 ? 0 : row[actual]! / count;
      }),
      seconds: run.seconds,
      stepsPerSecond: steps / run.seconds,
      weightsSha256: await hashWeights(workspace, group, run.index),
      kernels,
    });
  }
  return results;
}

function kernelsOf({ dispatches }: Plan): string[] {
  return dispatches.map((dispatch) => `${dispatch.op.name} ${kernelLabel(dispatch)}`);
}

/** Means over samples, summed in f64. */
function score(metrics: readonly BatchMetrics[], samples: number): Score {
  let loss = 0;
  let correct = 0;
  for (const batch of metrics) {
    loss += batch.loss;
    correct += batch.correct;
  }
  return { loss: loss / samples, accuracy: correct / samples };
}

/** sha256 over all parameters in order, as little-endian f32 without padding. */
async function hashWeights(workspace: Workspace, group: GroupPlan, index: number): Promise<string> {
  const slice = await workspace.readParameters(index);
  const hash = createHash('sha256');
  for (const parameter of group.training.graph.parameters) hash.update(unpackParameter(parameter, slice));
  return hash.digest('hex');
}

function checkInterrupted(hooks: TrainHooks): void {
  if (hooks.signal?.aborted === true) {
    throw new EngineError('interrupted', 'stopped before the end; no results were written');
  }
}

import { EngineError } from '../base/errors.js';
import { PassTimer, type Gpu } from '../gpu/index.js';
import { Pacer } from '../train/pacing.js';
import { largestBufferOf, type GroupPlan, type PlannedTraining } from '../train/plan-training.js';
import { releaseSamples, uploadSamples, type Samples } from '../train/samples.js';
import type { Trial } from '../train/types.js';
import { Workspace } from '../train/workspace.js';
import { higherCeilings, measureCeilings, type Ceilings } from './ceilings.js';
import { Clocks, hostClockOnly } from './clock.js';
import {
  groupProfile,
  Measurement,
  TimelineKeeper,
  type TimedGroup,
  type TrainingProfile,
} from './measurement.js';
import { StepTimer, type Watch } from './step-timer.js';

export interface ProfileOptions {
  /** Steps whose dispatches are timed, per group of trials; as many more run unwatched. At least 1. */
  readonly steps: number;
  /** false times by the host's clock even where the adapter has timestamps. */
  readonly timestamps?: boolean;
  /** The most passes that are timed before the host waits for them. */
  readonly passesBetweenReadings?: number;
  readonly signal?: AbortSignal;
  /** Called when a group begins. */
  readonly onGroup?: (trials: readonly Trial[], index: number, count: number) => void;
}

/** 64 query sets: some ten thousand steps without a wait, in 2 MB. */
const mostPasses = 64 * 2048;

/**
 * Profiles the training steps of trials, in the groups in which `train` would run them. Of each group: half
 * of the steps unwatched, all watched, the other half unwatched, so that what watching costs shows in the
 * same run, whichever way the machine drifts. Evaluation and the wait at the end of an epoch are left out;
 * weights are thrown away.
 * @throws EngineError `usage` if the network does not fit the device, `interrupted`, or the first error of
 *   the GPU
 */
export async function profileTraining(
  opened: Gpu,
  training: PlannedTraining,
  options: ProfileOptions,
): Promise<TrainingProfile> {
  const gpu = await opened.forBuffers(largestBufferOf(training));
  const groups: TimedGroup[] = [];
  let ceilings: Ceilings = await measureCeilings(gpu);
  const samples = uploadSamples(gpu, training.dataset);
  let clocks: Clocks | null = null;
  try {
    if (gpu.timestamps && (options.timestamps ?? true)) clocks = await Clocks.start(gpu);
    for (const [index, group] of training.groups.entries()) {
      options.onGroup?.(group.trials, index, training.groups.length);
      groups.push(await profileGroup({ gpu, samples, clocks, options }, group));
      await clocks?.compare();
      // The machine drifts: what it reached at any time during the run is what it can reach.
      ceilings = higherCeilings(ceilings, await measureCeilings(gpu));
    }
  } finally {
    clocks?.release();
    releaseSamples(gpu, samples);
  }
  gpu.check();
  return { groups, ceilings, clockPoints: clocks?.points ?? hostClockOnly };
}

interface ProfileContext {
  readonly gpu: Gpu;
  readonly samples: Samples;
  readonly clocks: Clocks | null;
  readonly options: ProfileOptions;
}

async function profileGroup(
  { gpu, samples, clocks, options }: ProfileContext,
  group: GroupPlan,
): Promise<TimedGroup> {
  const dispatches = group.training.plan.dispatches.length;
  const passes = Math.min(options.steps * dispatches, options.passesBetweenReadings ?? mostPasses);
  const workspace = await Workspace.create(gpu, samples, group);
  let timer: PassTimer | null = null;
  try {
    const buffers = gpu.list();
    if (clocks !== null) timer = new PassTimer(gpu, Math.max(passes, dispatches));
    const pacer = new Pacer(await workspace.warmUp());
    group.trials.forEach(({ seed }, index) => {
      workspace.state.writeInitial(index, seed);
    });
    const keeper = new TimelineKeeper();
    const [warm, usual, watched] = [
      new Measurement(dispatches),
      new Measurement(dispatches, keeper),
      new Measurement(dispatches, keeper),
    ] as const;
    const steps = new StepTimer(
      gpu,
      workspace.training,
      { timer, origin: clocks?.origin ?? null },
      'none',
      warm,
    );
    const run = runnerOf(workspace, steps, pacer, options.signal);
    const half = Math.ceil(options.steps / 2);
    // Learns the pace, and finds caches and clock rates as a training finds them.
    await run(Math.min(options.steps, pacer.take(Infinity)), warm);
    await run(half, usual);
    await run(options.steps, watched, 'every');
    await run(half, usual);
    return { ...groupProfile(group, buffers, steps.clock, usual, watched), timeline: keeper.timeline };
  } finally {
    timer?.release();
    workspace.release();
  }
}

/**
 * Runs steps one after another as a training does within an epoch: submits of about 100 ms, the host asleep
 * while the adapter works. Epoch follows epoch, each with an order of its own. The host waits at the end, and
 * where places for timestamps run out.
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
function runnerOf(
  workspace: Workspace,
  timer: StepTimer,
  pacer: Pacer,
  signal: AbortSignal | undefined,
): (steps: number, into: Measurement, watch?: Watch) => Promise<void> {
  const { sizes, trials } = workspace.group;
  let epoch = 0;
  let record = sizes.trainSteps;
  return async (steps, into, watch = 'none') => {
    timer.measure(watch, into);
    const startMs = performance.now();
    pacer.beginEpoch(startMs);
    const submit = async (_: number, most: number): Promise<number> => {
      if (signal?.aborted === true) throw new EngineError('interrupted', 'the profile was stopped');
      if (record === sizes.trainSteps) {
        const orderMs = performance.now();
        workspace.writeEpoch(++epoch);
        timer.note('order', orderMs);
        record = 0;
      }
      const count = await workspace.ready(record, Math.min(most, sizes.trainSteps - record));
      await timer.replay(record, count, trials.length);
      record += count;
      return count;
    };
    await pacer.submitSteps(steps, submit, (beganMs) => {
      timer.note('sleep', beganMs);
    });
    const expectedMs = pacer.remaining();
    const waitMs = performance.now();
    await timer.end();
    const endMs = performance.now();
    const name = watch === 'every' ? 'every dispatch timed' : 'unwatched';
    into.keeper?.addPhase({ name, startMs, endMs });
    pacer.learn(steps, endMs - startMs, expectedMs, endMs - waitMs);
  };
}

import { PassTimer, type Gpu } from '../gpu/index.js';
import { Pacer } from '../train/pacing.js';
import { higherCeilings, measureCeilings, type Ceilings } from './ceilings.js';
import { Clocks, hostClockOnly } from './clock.js';
import { addPaces } from './passes.js';
import { StepRecorder } from './recorder.js';
import { runStretch, type StepFeed, type StretchContext } from './stretch.js';
import { addSteps, noStepTimes } from './times.js';
import type { TimedGroup, TrainingProfile } from './group-profile.js';
import { uploadSamples, type Samples } from '../train/samples.js';
import type { GroupPlan, PlannedTraining } from '../train/plan-training.js';
import type { Trial } from '../train/types.js';
import { Workspace } from '../train/workspace.js';

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
 * Profiles the training steps of trials, in the groups in which `train` would run them. Of each group: half of the steps unwatched, all
 * watched, the other half unwatched, so that what watching costs shows in the same run, whichever way the machine drifts.
 * Evaluation and the wait at the end of an epoch are left out; weights are thrown away.
 * @throws EngineError `usage` if the network does not fit the device, `interrupted`, or the first error of the GPU
 */
export async function profileTraining(
  gpu: Gpu,
  training: PlannedTraining,
  options: ProfileOptions,
): Promise<TrainingProfile> {
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
    gpu.release(samples.images);
    gpu.release(samples.labels);
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
  const { trials } = group;
  const workspace = await Workspace.create(gpu, samples, group);
  const buffers = gpu.list();
  const { training } = workspace;
  const dispatches = training.plan.dispatches.length;
  const passes = Math.min(options.steps * dispatches, options.passesBetweenReadings ?? mostPasses);
  let timer: PassTimer | null = null;
  try {
    if (clocks !== null) timer = new PassTimer(gpu, Math.max(passes, dispatches));
    const pacer = new Pacer(await workspace.warmUp());
    trials.forEach(({ seed }, index) => {
      workspace.state.writeInitial(index, seed);
    });
    const context: StretchContext = {
      gpu,
      program: training,
      active: trials.length,
      pacer,
      feed: feedOf(workspace),
      recorder: timer && new StepRecorder(timer, training),
      origin: clocks?.origin ?? 0n,
      signal: options.signal,
      position: { step: 0, submit: 0, record: group.sizes.trainSteps },
    };
    const half = Math.ceil(options.steps / 2);
    // Learns the pace, and finds caches and clock rates as a training finds them.
    await runStretch(context, Math.min(options.steps, context.pacer.take(Infinity)), false);
    const before = await runStretch(context, half, false);
    const watched = await runStretch(context, options.steps, true);
    const after = await runStretch(context, half, false);
    const stretches = [before, watched, after];
    return {
      trials,
      batch: group.sizes.batch,
      plan: training.plan,
      clock: clocks === null ? 'wall' : 'timestamps',
      times: addSteps(noStepTimes(dispatches), watched.samples),
      pace: addPaces(before.pace, after.pace),
      watchedPace: watched.pace,
      evaluation: null,
      buffers,
      timeline: {
        phases: stretches.flatMap(({ timeline }) => timeline.phases),
        passes: stretches.flatMap(({ timeline }) => timeline.passes),
        host: stretches.flatMap(({ timeline }) => timeline.host),
        complete: true,
      },
    };
  } finally {
    timer?.release();
    workspace.release();
  }
}

/** Epoch after epoch, each with an order of its own, as in a training. */
function feedOf(workspace: Workspace): StepFeed {
  let epoch = 0;
  return {
    stepsPerEpoch: workspace.group.sizes.trainSteps,
    nextEpoch: () => {
      workspace.writeEpoch(++epoch);
    },
  };
}

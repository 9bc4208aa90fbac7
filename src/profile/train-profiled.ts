/** A training that measures itself. */
import { PassTimer, type Gpu } from '../gpu/index.js';
import { DivergedError } from '../train/diverged-error.js';
import type { TrainOptions } from '../train/group-context.js';
import { largestBufferOf, type PlannedTraining } from '../train/plan-training.js';
import { train } from '../train/train.js';
import type { TrialResult } from '../train/types.js';
import { Clocks, hostClockOnly } from './clock.js';
import {
  groupProfile,
  Measurement,
  TimelineKeeper,
  type ProfileSink,
  type TimedGroup,
} from './measurement.js';
import { StepTimer } from './step-timer.js';

/** Some minutes of submits between two readings, in 512 KB. */
const passesBetweenReadings = 16 * 2048;

/**
 * Trains as `train` does, with the same bits, and times some of the steps.
 * @throws as `train`; the recording is handed out unless the training was broken off
 */
export async function trainProfiled(
  opened: Gpu,
  training: PlannedTraining,
  options: Omit<TrainOptions, 'runSteps'>,
  sink: ProfileSink,
): Promise<TrialResult[]> {
  const gpu = await opened.forBuffers(largestBufferOf(training));
  const keepsTimelines = sink.onRecording !== undefined;
  const clocks = keepsTimelines && gpu.timestamps ? await Clocks.start(gpu) : null;
  const groups: TimedGroup[] = [];
  const runSteps: TrainOptions['runSteps'] = async (group, program, trainGroup) => {
    const keeper = keepsTimelines ? new TimelineKeeper() : null;
    const measured = new Measurement(program.plan.dispatches.length, keeper);
    const buffers = gpu.list();
    const timer = gpu.timestamps ? new PassTimer(gpu, passesBetweenReadings) : null;
    try {
      const origin = clocks?.origin ?? null;
      const steps = new StepTimer(gpu, program, { timer, origin }, 'some', measured);
      await trainGroup(steps);
      await steps.end();
      const profile = groupProfile(group, buffers, steps.clock, measured);
      if (keeper !== null) groups.push({ ...profile, timeline: keeper.timeline });
      sink.onGroup(profile);
    } finally {
      timer?.release();
    }
    await clocks?.compare();
  };
  const finish = (): void => sink.onRecording?.({ groups, clockPoints: clocks?.points ?? hostClockOnly });
  try {
    const results = await train(gpu, training, { ...options, runSteps });
    finish();
    return results;
  } catch (error) {
    if (error instanceof DivergedError) finish();
    throw error;
  } finally {
    clocks?.release();
  }
}

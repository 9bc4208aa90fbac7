/** A training that measures itself. */
import type { Gpu } from '../gpu/index.js';
import { DivergedError } from '../train/diverged-error.js';
import type { TrainOptions } from '../train/group-context.js';
import type { PlannedTraining } from '../train/plan-training.js';
import { train } from '../train/train.js';
import type { TrialResult } from '../train/types.js';
import { Clocks, hostClockOnly } from './clock.js';
import { StepSampler } from './sampler.js';
import type { ProfileSink, TimedGroup } from './group-profile.js';

/**
 * Trains as `train` does, with the same bits, and times some of the steps.
 * @throws as `train`; the recording is handed out when the training was not broken off
 */
export async function trainProfiled(
  gpu: Gpu,
  training: PlannedTraining,
  options: Omit<TrainOptions, 'runSteps'>,
  sink: ProfileSink,
): Promise<TrialResult[]> {
  const keepsTimeline = sink.onRecording !== undefined;
  const clocks = keepsTimeline && gpu.timestamps ? await Clocks.start(gpu) : null;
  const timeline = keepsTimeline ? { origin: clocks?.origin ?? null } : null;
  const groups: TimedGroup[] = [];
  const runSteps: TrainOptions['runSteps'] = async ({ trials, sizes }, program, trainGroup) => {
    const sampler = new StepSampler(gpu, program, { trials, batch: sizes.batch, timeline });
    try {
      await trainGroup(sampler);
      const measured = await sampler.finish();
      if (measured.timeline !== null) groups.push({ ...measured.profile, timeline: measured.timeline });
      sink.onGroup(measured.profile);
    } finally {
      sampler.release();
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

import type { Gpu } from '../gpu/index.js';
import { Clocks, hostClockOnly } from './clock.js';
import type { GroupProfile, ProfileSink, TimedGroup, Timeline } from './types.js';

/** What a group of trials needs to profile itself, and gives back. */
export interface GroupSink {
  /** Where the adapter's clock begins in timelines, null without timestamps; no timeline is wanted if this is null. */
  readonly timeline: { readonly origin: bigint | null } | null;
  readonly onGroup: (profile: GroupProfile, timeline: Timeline | null) => void;
}

/** The profile of a training: hands on what its groups measured, and keeps their timelines for the end. */
export class TrainingRecorder implements GroupSink {
  private readonly groups: TimedGroup[] = [];
  readonly timeline: GroupSink['timeline'];

  private constructor(
    private readonly sink: ProfileSink,
    private readonly clocks: Clocks | null,
  ) {
    this.timeline = sink.onRecording === undefined ? null : { origin: clocks?.origin ?? null };
  }

  static async start(gpu: Gpu, sink: ProfileSink): Promise<TrainingRecorder> {
    const timed = sink.onRecording !== undefined && gpu.timestamps;
    return new TrainingRecorder(sink, timed ? await Clocks.start(gpu) : null);
  }

  readonly onGroup = (profile: GroupProfile, timeline: Timeline | null): void => {
    if (timeline !== null) this.groups.push({ ...profile, timeline });
    this.sink.onGroup(profile);
  };

  /** To be called when the adapter is idle, after each group. */
  async compareClocks(): Promise<void> {
    await this.clocks?.compare();
  }

  /** To be called at the end of a training that was not broken off. */
  finish(): void {
    const { groups, clocks } = this;
    this.sink.onRecording?.({ groups, clockPoints: clocks?.points ?? hostClockOnly });
  }

  release(): void {
    this.clocks?.release();
  }
}

/** What is measured of trainings, and what becomes of it. */
import type { GroupPlan } from '../train/plan-training.js';
import type { Ceilings } from './ceilings.js';
import type { ClockPoint } from './clock-line.js';
import {
  addGaps,
  addSteps,
  busyMs,
  noGaps,
  noStepTimes,
  samplesOf,
  spansBySubmit,
  type Gaps,
  type HostSlice,
  type Phase,
  type RecordedPass,
  type StepTimes,
  type TimedPass,
  type Timeline,
} from './times.js';

/**
 * How dispatches were timed: by the adapter's timestamps, or, where it has none, by the host's clock around a
 * submit of one dispatch and the wait for it, which holds the cost of both.
 */
export type ProfileClock = 'timestamps' | 'wall';

export interface BufferSize {
  readonly label: string;
  readonly bytes: number;
}

/** Some hours of submits, in tens of megabytes. */
const mostEntries = 250_000;

/** Keeps what a training did, in order of time, up to a bound, after which it is marked as incomplete. */
export class TimelineKeeper {
  private readonly phases: Phase[] = [];
  private readonly passes: TimedPass[] = [];
  private readonly host: HostSlice[] = [];
  private complete = true;

  constructor(private readonly most = mostEntries) {}

  addPhase(phase: Phase): void {
    if (this.hasRoom()) this.phases.push(phase);
  }

  addPasses(passes: readonly RecordedPass[]): void {
    for (const { span, ...mark } of passes)
      if (span !== null && this.hasRoom()) this.passes.push({ ...mark, ...span });
  }

  addHost(slice: HostSlice): void {
    const isVisible = slice.endMs - slice.startMs > 0.001;
    if (isVisible && this.hasRoom()) this.host.push(slice);
  }

  get timeline(): Timeline {
    const { phases, passes, host, complete } = this;
    return { phases, passes, host, complete };
  }

  private hasRoom(): boolean {
    this.complete &&= this.phases.length + this.passes.length + this.host.length < this.most;
    return this.complete;
  }
}

/** What was measured of some steps, as sums: hours of training take no more memory than seconds. */
export class Measurement {
  steps = 0;
  submits = 0;
  /** By the host's clock. */
  wallMs = 0;
  /** False once work went by untimed, for lack of places for timestamps. */
  complete = true;
  times: StepTimes;
  private readonly hostMs = { order: 0, encode: 0, submit: 0, sleep: 0, map: 0 };
  private busyMs = 0;
  private gaps: Gaps = noGaps;
  private pauses: Gaps = noGaps;
  private readonly evaluations = { count: 0, busyMs: 0 };
  private lastEvaluationEnd: number | null = null;

  /** @param keeper takes everything in order of time, too */
  constructor(
    private readonly dispatches: number,
    readonly keeper: TimelineKeeper | null = null,
  ) {
    this.times = noStepTimes(dispatches);
  }

  addHost(slice: HostSlice): void {
    this.hostMs[slice.what] += slice.endMs - slice.startMs;
    this.keeper?.addHost(slice);
  }

  /** @param passes in order of time, all of each step */
  addPasses(passes: readonly RecordedPass[]): void {
    this.keeper?.addPasses(passes);
    this.times = addSteps(this.times, samplesOf(passes, this.dispatches));
    for (const epoch of splitEpochs(passes)) this.addEpoch(epoch);
  }

  /** @param passes of an epoch; the last one is its evaluation, if there was one and it was timed */
  private addEpoch(passes: readonly RecordedPass[]): void {
    const spans = spansBySubmit(passes);
    const [first] = spans;
    if (first !== undefined && this.lastEvaluationEnd !== null) {
      const evaluated = { start: this.lastEvaluationEnd, end: this.lastEvaluationEnd };
      this.pauses = addGaps(this.pauses, [evaluated, first]);
    }
    this.gaps = addGaps(this.gaps, spans);
    const evaluations = passes.filter(({ steps }) => steps === 0);
    const evaluationMs = busyMs(evaluations);
    this.busyMs += busyMs(passes) - evaluationMs;
    this.evaluations.count += evaluations.length;
    this.evaluations.busyMs += evaluationMs;
    this.lastEvaluationEnd = evaluations.at(-1)?.span?.end ?? null;
  }

  /**
   * How fast steps followed each other, and what host and adapter did meanwhile: sums over all steps. What
   * the adapter did is known if all of it was timed by its own clock; else null.
   */
  pace(clock: ProfileClock) {
    const { steps, submits, wallMs, hostMs } = this;
    const isKnown = clock === 'timestamps' && this.complete;
    return {
      steps,
      submits,
      /** By the host's clock, from the first step's encoding until the host knew of the last one's end. */
      wallMs,
      /** What the host spent on recording command buffers, and in `submit`. */
      encodeMs: hostMs.encode,
      submitMs: hostMs.submit,
      /** What the adapter spent in the passes of the steps. */
      busyMs: isKnown ? this.busyMs : null,
      /** Pauses of the adapter between one submit and the next. */
      gaps: isKnown ? this.gaps : null,
    };
  }

  /**
   * The ends of epochs: what the adapter spent in evaluations, and the pauses before the next epoch's first
   * step. Null if there was none, or not all were timed.
   */
  evaluation(clock: ProfileClock) {
    const { complete, evaluations, pauses } = this;
    return clock === 'timestamps' && complete && evaluations.count > 0 ? { ...evaluations, pauses } : null;
  }
}

export type Pace = Readonly<ReturnType<Measurement['pace']>>;

/** An evaluation ends an epoch; what follows the last one is the beginning of the next. */
function splitEpochs(passes: readonly RecordedPass[]): RecordedPass[][] {
  const epochs: RecordedPass[][] = [[]];
  for (const pass of passes) {
    epochs.at(-1)!.push(pass);
    if (pass.steps === 0) epochs.push([]);
  }
  return epochs.filter((epoch) => epoch.length > 0);
}

/** What was measured of one group of trials. */
export type GroupProfile = Readonly<ReturnType<typeof groupProfile>>;

/**
 * @param buffers every one on the device while the group trained
 * @param usual of steps as they always run
 * @param watched of steps whose dispatches were all timed; null: some of the usual ones were
 */
export function groupProfile(
  { trials, sizes, training }: GroupPlan,
  buffers: readonly BufferSize[],
  clock: ProfileClock,
  usual: Measurement,
  watched: Measurement | null = null,
) {
  return {
    trials,
    /** Images per step. */
    batch: sizes.batch,
    /** Of the training step. */
    plan: training.plan,
    clock,
    /** Steps whose dispatches were timed one by one. */
    times: (watched ?? usual).times,
    /** Of steps as they always run: in a real training all of them, with the timed steps in between. */
    pace: usual.pace(clock),
    /** While each step was timed: what watching costs. Null in a real training. */
    watchedPace: watched?.pace(clock) ?? null,
    /** Null outside a real training. */
    evaluation: usual.evaluation(clock),
    buffers,
  };
}

export interface TimedGroup extends GroupProfile {
  readonly timeline: Timeline;
}

/** Groups that ran one after another, on one pair of clocks. */
export interface Recording {
  readonly groups: readonly TimedGroup[];
  /**
   * Where the adapter's and the host's clocks were compared. Without timestamps there is one clock: the
   * adapter's nanoseconds are then the host's, and nothing is uncertain.
   */
  readonly clockPoints: readonly [ClockPoint, ...ClockPoint[]];
}

export interface TrainingProfile extends Recording {
  readonly ceilings: Ceilings;
}

/** Takes what a training measured of itself. */
export interface ProfileSink {
  /** Called when a group has ended. */
  readonly onGroup: (profile: GroupProfile) => void;
  /** Called at the end of the training. Without it no timelines are kept. */
  readonly onRecording?: (recording: Recording) => void;
}

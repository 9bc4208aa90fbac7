import type { GroupPlan } from '../train/plan-training.js';
import type {
  BufferSize,
  EvaluationTime,
  GroupProfile,
  HostSlice,
  Pace,
  Phase,
  ProfileClock,
  TimedPass,
  Timeline,
} from './group-profile.js';
import {
  addGaps,
  addSteps,
  busyMs,
  noGaps,
  noStepTimes,
  samplesOf,
  spansBySubmit,
  type Gaps,
  type RecordedPass,
  type StepTimes,
} from './times.js';

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

  /** What the adapter did is known if all of it was timed by its own clock. */
  pace(clock: ProfileClock): Pace {
    const { steps, submits, wallMs, hostMs } = this;
    const isKnown = clock === 'timestamps' && this.complete;
    return {
      steps,
      submits,
      wallMs,
      encodeMs: hostMs.encode,
      submitMs: hostMs.submit,
      busyMs: isKnown ? this.busyMs : null,
      gaps: isKnown ? this.gaps : null,
    };
  }

  /** Null if there was none, or not all were timed. */
  evaluation(clock: ProfileClock): EvaluationTime | null {
    const { complete, evaluations, pauses } = this;
    return clock === 'timestamps' && complete && evaluations.count > 0 ? { ...evaluations, pauses } : null;
  }
}

/** An evaluation ends an epoch; what follows the last one is the beginning of the next. */
function splitEpochs(passes: readonly RecordedPass[]): RecordedPass[][] {
  const epochs: RecordedPass[][] = [[]];
  for (const pass of passes) {
    epochs.at(-1)!.push(pass);
    if (pass.steps === 0) epochs.push([]);
  }
  return epochs.filter((epoch) => epoch.length > 0);
}

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
): GroupProfile {
  return {
    trials,
    batch: sizes.batch,
    plan: training.plan,
    clock,
    times: (watched ?? usual).times,
    pace: usual.pace(clock),
    watchedPace: watched?.pace(clock) ?? null,
    evaluation: usual.evaluation(clock),
    buffers,
  };
}

import { PassTimer, type Gpu } from '../gpu/index.js';
import { replay, type Program } from '../graph/index.js';
import { busyMs, samplesOf, spansBySubmit } from './passes.js';
import { StepRecorder, stepByHost, type RecordedPass } from './recorder.js';
import { TimelineKeeper } from './timeline.js';
import { addGaps, addSteps, noGaps, noStepTimes, type Gaps, type StepTimes } from './times.js';
import type { BufferSize, GroupProfile, HostSlice, Pace, Timeline } from './group-profile.js';
import type { StepRunner } from '../train/group-context.js';
import type { Trial } from '../train/types.js';

/**
 * At most one step in so many is timed, and one in so many milliseconds: a pass for each dispatch costs a long step a tenth of its
 * time, and a short one as much again as it takes.
 */
const stepsPerSample = 20;
const msPerSample = 50;
/** Times are read back between epochs, where the host waits anyway, and not more often than this. */
const readingMs = 500;
/** Some minutes of submits between two readings, in 512 KB. */
const passesBetweenReadings = 16 * 2048;

/** A group that is sampled. */
export interface SampledGroup {
  readonly trials: readonly Trial[];
  /** Images per step. */
  readonly batch: number;
  /** Null: none is kept. `origin` is where the adapter's clock begins in it, null without timestamps. */
  readonly timeline: { readonly origin: bigint | null } | null;
}

/**
 * Times a training from within, at about one per cent of its time: of each submit one step dispatch by dispatch, the others as they
 * are. Without timestamps, one step at the beginning of an epoch is run and waited for dispatch by dispatch.
 * What is computed is the same, in the same order, and so are the bits.
 */
export class StepSampler implements StepRunner {
  private readonly recorder: StepRecorder | null;
  private readonly keeper: TimelineKeeper | null;
  private readonly buffers: readonly BufferSize[];
  private times: StepTimes;
  private gaps: Gaps = noGaps;
  private pauses: Gaps = noGaps;
  private busyMs = 0;
  private readonly evaluations = { count: 0, busyMs: 0 };
  private lastEvaluationEnd: number | null = null;
  /** False once work went by untimed, for lack of places. */
  private complete = true;
  private steps = 0;
  private submits = 0;
  private encodeMs = 0;
  private submitMs = 0;
  private untimed = stepsPerSample;
  private sampledAt = -Infinity;
  private startedAt: number | null = null;
  private readAt = -Infinity;

  /**
   * @param program of the training step, whose buffers are all made
   */
  constructor(
    private readonly gpu: Gpu,
    private readonly program: Program,
    private readonly group: SampledGroup,
  ) {
    this.keeper = group.timeline && new TimelineKeeper();
    this.buffers = gpu.list();
    this.times = noStepTimes(program.plan.dispatches.length);
    this.recorder = gpu.timestamps
      ? new StepRecorder(new PassTimer(gpu, passesBetweenReadings), program)
      : null;
  }

  /** Does what `replay` does for records `first .. first + count - 1`, and times it. */
  async replay(first: number, count: number, active: number): Promise<void> {
    this.startedAt ??= performance.now();
    this.untimed += count;
    if (this.recorder === null) await this.replayByHost(first, count, active);
    else if (this.recorder.timer.free < this.recorder.passesPerStep + 2)
      this.replayUntimed(first, count, active);
    else this.replayTimed(this.recorder, first, count, active);
    this.steps += count;
    this.submits++;
  }

  private replayTimed(recorder: StepRecorder, first: number, count: number, active: number): void {
    const { device } = this.gpu;
    const mark = { active, submit: this.submits };
    // In the middle: the first step of a submit may find caches that others have used meanwhile.
    const started = performance.now();
    const due = this.untimed >= stepsPerSample && started - this.sampledAt >= msPerSample;
    const before = due ? Math.floor(count / 2) : count;
    const encoder = device.createCommandEncoder({ label: `steps ${first} to ${first + count - 1}` });
    recorder.encodeWhole(encoder, first, { ...mark, step: this.steps, steps: before });
    if (before < count) {
      recorder.encodeByDispatch(encoder, first + before, { ...mark, step: this.steps + before });
      const after = { ...mark, step: this.steps + before + 1, steps: count - before - 1 };
      recorder.encodeWhole(encoder, first + before + 1, after);
      this.untimed = 0;
      this.sampledAt = started;
    }
    const commands = encoder.finish();
    const encoded = performance.now();
    device.queue.submit([commands]);
    const submitted = performance.now();
    this.encodeMs += encoded - started;
    this.submitMs += submitted - encoded;
    const { submit } = mark;
    this.keeper?.addHost({ what: 'encode', startMs: started, endMs: encoded, submit });
    this.keeper?.addHost({ what: 'submit', startMs: encoded, endMs: submitted, submit });
  }

  private async replayByHost(first: number, count: number, active: number): Promise<void> {
    let start = first;
    // Only there has the adapter nothing else to do, so that the clock is stopped by this step alone.
    if (first === 0 && this.untimed >= stepsPerSample && performance.now() - this.readAt >= readingMs) {
      const dispatches = await stepByHost(this.gpu, this.program, first, active);
      this.times = addSteps(this.times, [{ active, dispatches }]);
      const mark = { step: this.steps, steps: 1, active, submit: this.submits };
      this.keeper?.addPasses(dispatches.map((interval, dispatch) => ({ ...mark, dispatch, interval })));
      this.untimed = 0;
      this.readAt = performance.now();
      start++;
    }
    this.replayUntimed(start, first + count - start, active);
  }

  private replayUntimed(first: number, count: number, active: number): void {
    this.complete = false;
    if (count === 0) return;
    const started = performance.now();
    replay(this.gpu, this.program, first, count, active);
    // Recording and submitting cannot be told apart from here.
    this.encodeMs += performance.now() - started;
  }

  /** The descriptor of the pass of an evaluation, which ends an epoch. */
  evaluationPass(active: number): GPUComputePassDescriptor | undefined {
    const { recorder, steps: step } = this;
    if (recorder === null || recorder.timer.free === 0) {
      this.complete = false;
      return undefined;
    }
    return recorder.describe({ dispatch: null, step, steps: 0, active, submit: this.submits++ });
  }

  /** Notes what the host did from `startMs` until now. */
  note(what: HostSlice['what'], startMs: number): void {
    this.keeper?.addHost({ what, startMs, endMs: performance.now(), submit: null });
  }

  /** To be called between epochs, when everything submitted is done: takes in what was timed, if it is time to. */
  async endEpoch(epoch: number, startMs: number): Promise<void> {
    this.keeper?.addPhase({ name: `epoch ${epoch}`, startMs, endMs: performance.now() });
    if (performance.now() - this.readAt >= readingMs) await this.read();
  }

  private async read(): Promise<void> {
    if (this.recorder === null || this.recorder.timer.free === this.recorder.timer.capacity) return;
    const passes = await this.recorder.collect(this.gpu, this.group.timeline?.origin ?? null);
    this.readAt = performance.now();
    this.keeper?.addPasses(passes);
    this.times = addSteps(this.times, samplesOf(passes, this.recorder.passesPerStep));
    for (const epoch of splitEpochs(passes)) this.takeIn(epoch);
  }

  /** @param epoch passes in order of time; the last one is its evaluation, if that was timed */
  private takeIn(epoch: readonly RecordedPass[]): void {
    const spans = spansBySubmit(epoch);
    const start = spans[0]?.start;
    if (start !== undefined && this.lastEvaluationEnd !== null) {
      const pause = { start: this.lastEvaluationEnd, end: this.lastEvaluationEnd };
      this.pauses = addGaps(this.pauses, [pause, { start, end: start }]);
    }
    this.gaps = addGaps(this.gaps, spans);
    const evaluation = epoch.filter(({ steps }) => steps === 0);
    this.busyMs += busyMs(epoch) - busyMs(evaluation);
    this.evaluations.count += evaluation.length;
    this.evaluations.busyMs += busyMs(evaluation);
    this.lastEvaluationEnd = evaluation.at(-1)?.interval?.end ?? null;
  }

  /** Takes in the rest, after the last epoch. @returns a timeline if one was to be kept */
  async finish(): Promise<{ readonly profile: GroupProfile; readonly timeline: Timeline | null }> {
    const wallMs = this.startedAt === null ? 0 : performance.now() - this.startedAt;
    await this.read();
    const { steps, encodeMs, submitMs } = this;
    const timed = this.recorder !== null && this.complete;
    const pace: Pace = {
      steps,
      submits: this.submits - this.evaluations.count,
      wallMs,
      encodeMs,
      submitMs,
      busyMs: timed ? this.busyMs : null,
      gaps: timed ? this.gaps : null,
    };
    const profile: GroupProfile = {
      trials: this.group.trials,
      batch: this.group.batch,
      plan: this.program.plan,
      clock: this.recorder === null ? 'wall' : 'timestamps',
      times: this.times,
      pace,
      watchedPace: null,
      evaluation: timed ? { ...this.evaluations, pauses: this.pauses } : null,
      buffers: this.buffers,
    };
    return { profile, timeline: this.keeper?.timeline ?? null };
  }

  release(): void {
    this.recorder?.timer.release();
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

import type { PassTimer, Gpu } from '../gpu/index.js';
import type { Program } from '../graph/index.js';
import type { StepRunner } from '../train/group-context.js';
import type { Measurement, ProfileClock } from './measurement.js';
import { toSpans, type HostSlice, type PassMark, type TimeSpan } from './times.js';

/**
 * At most one step in so many is timed, and one in so many milliseconds: a pass for each dispatch costs a
 * long step a tenth of its time, and a short one as much again as it takes.
 */
const stepsPerSample = 20;
const msPerSample = 50;
/** Times are read back between epochs, where the host waits anyway, and not more often than this. */
const readingMs = 500;

/** Which steps have their dispatches timed one by one; of the others, the whole submit is. */
export type Watch = 'none' | 'some' | 'every';

/** Steps of one submit; the dispatches of the watched ones have a pass each. */
interface Chunk {
  readonly before: number;
  readonly watched: number;
  readonly after: number;
}

/**
 * Runs the steps of a program as `replay` does, and times them. What is computed is the same, in the same
 * order, and so are the bits.
 *
 * Watching some steps takes about one per cent of a training's time, and nothing is waited for within an
 * epoch: of a submit one step is timed dispatch by dispatch. Without timestamps a watched step is submitted
 * and waited for dispatch by dispatch.
 */
export class StepTimer implements StepRunner {
  private readonly timer: PassTimer | null;
  private origin: bigint | null;
  private marks: PassMark[] = [];
  /** Where the next step and the next submit stand, over all measurements. */
  private step = 0;
  private submits = 0;
  private untimed = stepsPerSample;
  private sampledAt = -Infinity;
  private readAt = -Infinity;
  private startedAt: number | null = null;

  /**
   * @param timer null times by the host's clock
   * @param origin of the adapter's clock; null: the first timestamp
   * @param into counts the steps until `measure` names another
   */
  constructor(
    private readonly gpu: Gpu,
    private readonly program: Program,
    { timer, origin }: { readonly timer: PassTimer | null; readonly origin: bigint | null },
    private watch: Watch,
    private into: Measurement,
  ) {
    this.timer = timer;
    this.origin = origin;
  }

  get clock(): ProfileClock {
    return this.timer === null ? 'wall' : 'timestamps';
  }

  /** What the next steps are counted in, and how they are watched. */
  measure(watch: Watch, into: Measurement): void {
    this.watch = watch;
    this.into = into;
  }

  async replay(first: number, count: number, active: number): Promise<void> {
    this.startedAt ??= performance.now();
    this.untimed += count;
    for (let done = 0; done < count;) {
      const chunk = await this.nextChunk(first + done, count - done);
      if (this.timer === null && chunk.watched > 0) await this.stepByHost(first + done, active);
      else this.submitChunk(first + done, chunk, active);
      const steps = chunk.before + chunk.watched + chunk.after;
      done += steps;
      this.step += steps;
      this.into.steps += steps;
      this.submits++;
      this.into.submits++;
    }
  }

  private get dispatches(): number {
    return this.program.plan.dispatches.length;
  }

  /** @param left at least 1 */
  private async nextChunk(first: number, left: number): Promise<Chunk> {
    const { timer, watch, dispatches } = this;
    const unwatched = { before: left, watched: 0, after: 0 };
    if (timer === null) return this.isDueByHost(first) ? { before: 0, watched: 1, after: 0 } : unwatched;
    if (watch !== 'some' && timer.free < (watch === 'every' ? dispatches : 1)) await this.collect();
    if (watch === 'none') return unwatched;
    if (watch === 'every')
      return { before: 0, watched: Math.min(left, Math.floor(timer.free / dispatches)), after: 0 };
    const now = performance.now();
    const isDue = this.untimed >= stepsPerSample && now - this.sampledAt >= msPerSample;
    if (!isDue || timer.free < dispatches + 2) return unwatched;
    this.untimed = 0;
    this.sampledAt = now;
    // In the middle: the first step of a submit may find caches that others have used meanwhile.
    const before = Math.floor(left / 2);
    return { before, watched: 1, after: left - before - 1 };
  }

  /** Only at the beginning of an epoch is the adapter idle, so that the clock measures this step alone. */
  private isDueByHost(first: number): boolean {
    if (this.watch !== 'some') return this.watch === 'every';
    return first === 0 && this.untimed >= stepsPerSample && performance.now() - this.readAt >= readingMs;
  }

  private submitChunk(first: number, { before, watched, after }: Chunk, active: number): void {
    const { gpu, program, submits: submit } = this;
    const startMs = performance.now();
    const label = `steps ${first} to ${first + before + watched + after - 1}`;
    const encoder = gpu.device.createCommandEncoder({ label });
    const encodeWhole = (done: number, steps: number): void => {
      if (steps === 0) return;
      const mark = { dispatch: null, step: this.step + done, steps, active, submit };
      const pass = encoder.beginComputePass(this.time(mark));
      for (let i = 0; i < steps; i++) program.encode(pass, first + done + i, active);
      pass.end();
    };
    encodeWhole(0, before);
    for (let done = before; done < before + watched; done++)
      for (let dispatch = 0; dispatch < this.dispatches; dispatch++) {
        const mark = { dispatch, step: this.step + done, steps: 1, active, submit };
        program.encodeDispatch(encoder, dispatch, first + done, active, this.time(mark));
      }
    encodeWhole(before + watched, after);
    const commands = encoder.finish();
    const encodedMs = performance.now();
    gpu.device.queue.submit([commands]);
    this.into.addHost({ what: 'encode', startMs, endMs: encodedMs, submit });
    this.into.addHost({ what: 'submit', startMs: encodedMs, endMs: performance.now(), submit });
  }

  /** The descriptor of a pass that is timed as `mark`, if there is a place for its timestamps. */
  private time(mark: PassMark): GPUComputePassDescriptor | undefined {
    if (this.timer === null || this.timer.free === 0) {
      this.into.complete = false;
      return undefined;
    }
    this.marks.push(mark);
    return this.timer.next();
  }

  /** Runs one step a dispatch at a time, each submitted and waited for alone. */
  private async stepByHost(record: number, active: number): Promise<void> {
    const { device } = this.gpu;
    const spans: TimeSpan[] = [];
    for (let dispatch = 0; dispatch < this.dispatches; dispatch++) {
      const encoder = device.createCommandEncoder();
      this.program.encodeDispatch(encoder, dispatch, record, active);
      const commands = encoder.finish();
      const startMs = performance.now();
      device.queue.submit([commands]);
      await this.gpu.done('at-once');
      const endMs = performance.now();
      spans.push({ start: 1e6 * startMs, end: 1e6 * endMs });
      this.into.addHost({ what: 'map', startMs, endMs, submit: this.submits });
    }
    const mark = { step: this.step, steps: 1, active, submit: this.submits };
    this.into.addPasses(spans.map((span, dispatch) => ({ ...mark, dispatch, span })));
    this.untimed = 0;
    this.readAt = performance.now();
  }

  evaluationPass(active: number): GPUComputePassDescriptor | undefined {
    return this.time({ dispatch: null, step: this.step, steps: 0, active, submit: this.submits++ });
  }

  note(what: HostSlice['what'], startMs: number): void {
    this.into.addHost({ what, startMs, endMs: performance.now(), submit: null });
  }

  async endEpoch(epoch: number, startMs: number): Promise<void> {
    this.into.keeper?.addPhase({ name: `epoch ${epoch}`, startMs, endMs: performance.now() });
    if (this.timer !== null && performance.now() - this.readAt >= readingMs) await this.collect();
  }

  /** Waits for all that was submitted, and takes in the rest of what was timed. */
  async end(): Promise<void> {
    await this.collect();
    if (this.startedAt !== null) this.into.wallMs += performance.now() - this.startedAt;
    this.startedAt = null;
  }

  private async collect(): Promise<void> {
    const startMs = performance.now();
    if (this.timer === null) await this.gpu.done();
    else if (this.marks.length > 0) {
      const encoder = this.gpu.device.createCommandEncoder({ label: 'pass times' });
      this.timer.encodeResolve(encoder);
      this.gpu.device.queue.submit([encoder.finish()]);
      const times = await this.timer.read();
      this.origin ??= times[0]!.begin;
      const spans = toSpans(times, this.origin);
      this.into.addPasses(this.marks.map((mark, i) => ({ ...mark, span: spans[i]! })));
      this.marks = [];
    }
    this.readAt = performance.now();
    // In a training this lies between two epochs, and belongs to neither.
    if (this.watch !== 'some') this.note('map', startMs);
  }
}

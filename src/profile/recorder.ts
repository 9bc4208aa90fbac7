import { PassTimer, type Gpu } from '../gpu/index.js';
import type { Program } from '../graph/index.js';
import { toIntervals, type Interval } from './times.js';
import type { TimedPass } from './group-profile.js';

/** What a timed pass holds; its time comes later. */
type Mark = Omit<TimedPass, keyof Interval>;

/** A pass with its time; null where the adapter's timestamps made no sense. */
export interface RecordedPass extends Mark {
  readonly interval: Interval | null;
}

/** Records the steps of a program in timed passes, and remembers what each pass was. */
export class StepRecorder {
  private marks: Mark[] = [];
  private origin: bigint | null = null;

  constructor(
    readonly timer: PassTimer,
    private readonly program: Program,
  ) {}

  /** Passes that one step takes when each dispatch has its own. */
  get passesPerStep(): number {
    return this.program.plan.dispatches.length;
  }

  /**
   * Records one step with a pass for each dispatch.
   * @param record of the step table
   */
  encodeByDispatch(encoder: GPUCommandEncoder, record: number, mark: Omit<Mark, 'dispatch' | 'steps'>): void {
    for (let dispatch = 0; dispatch < this.passesPerStep; dispatch++) {
      const pass = encoder.beginComputePass(this.describe({ ...mark, dispatch, steps: 1 }));
      this.program.encodeDispatch(pass, dispatch, record, mark.active);
      pass.end();
    }
  }

  /** Records `mark.steps` steps in one pass, as a training does; nothing if there are none. */
  encodeWhole(encoder: GPUCommandEncoder, record: number, mark: Omit<Mark, 'dispatch'>): void {
    if (mark.steps === 0) return;
    const pass = encoder.beginComputePass(this.describe({ ...mark, dispatch: null }));
    for (let i = 0; i < mark.steps; i++) this.program.encode(pass, record + i, mark.active);
    pass.end();
  }

  /** The descriptor of a pass that is timed as `mark`. */
  describe(mark: Mark): GPUComputePassDescriptor {
    const descriptor = this.timer.next();
    this.marks.push(mark);
    return descriptor;
  }

  /**
   * Waits for everything recorded, which must have been submitted.
   * @param origin of the intervals; null takes the first timestamp ever collected
   */
  async collect(gpu: Gpu, origin: bigint | null): Promise<RecordedPass[]> {
    const encoder = gpu.device.createCommandEncoder({ label: 'pass times' });
    this.timer.encodeResolve(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const times = await this.timer.read();
    this.origin ??= origin ?? times[0]?.begin ?? null;
    const intervals = toIntervals(times, this.origin ?? 0n);
    const passes = this.marks.map((mark, i): RecordedPass => ({ ...mark, interval: intervals[i]! }));
    this.marks = [];
    return passes;
  }
}

/**
 * Runs one step a dispatch at a time, each submitted and waited for alone: how dispatches are timed by the host's clock.
 * @returns one interval per dispatch, in nanoseconds of `performance.now`
 */
export async function stepByHost(
  gpu: Gpu,
  program: Program,
  record: number,
  active: number,
): Promise<Interval[]> {
  const { device } = gpu;
  const intervals: Interval[] = [];
  for (let dispatch = 0; dispatch < program.plan.dispatches.length; dispatch++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    program.encodeDispatch(pass, dispatch, record, active);
    pass.end();
    const commands = encoder.finish();
    const start = performance.now() * 1e6;
    device.queue.submit([commands]);
    await gpu.done('at-once');
    intervals.push({ start, end: performance.now() * 1e6 });
  }
  return intervals;
}

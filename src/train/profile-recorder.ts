import { PassTimer, type Gpu } from '../gpu/index.js';
import type { Program } from '../graph/index.js';
import { toIntervals, type Interval } from './profile-times.js';
import type { TimedPass } from './profile-types.js';

/** What a timed pass holds; its time comes later. */
type Mark = Omit<TimedPass, keyof Interval>;

/** A pass with its time; null where the adapter's timestamps made no sense. */
export interface RecordedPass extends Mark {
  readonly interval: Interval | null;
}

/** Records the steps of a program in timed passes, and remembers what each pass was. */
export class StepRecorder {
  private marks: Mark[] = [];

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
   * @param step number that the passes are told by
   */
  encodeByDispatch(
    encoder: GPUCommandEncoder,
    record: number,
    active: number,
    { step, submit }: Pick<Mark, 'step' | 'submit'>,
  ): void {
    for (let dispatch = 0; dispatch < this.passesPerStep; dispatch++) {
      const pass = this.begin(encoder, { dispatch, step, steps: 1, submit });
      this.program.encodeDispatch(pass, dispatch, record, active);
      pass.end();
    }
  }

  /** Records `mark.steps` steps in one pass, as a training does; nothing if there are none. */
  encodeWhole(
    encoder: GPUCommandEncoder,
    record: number,
    active: number,
    mark: Omit<Mark, 'dispatch'>,
  ): void {
    if (mark.steps === 0) return;
    const pass = this.begin(encoder, { ...mark, dispatch: null });
    for (let i = 0; i < mark.steps; i++) this.program.encode(pass, record + i, active);
    pass.end();
  }

  private begin(encoder: GPUCommandEncoder, mark: Mark): GPUComputePassEncoder {
    const pass = encoder.beginComputePass(this.timer.next());
    this.marks.push(mark);
    return pass;
  }

  /**
   * Waits for everything recorded, which must have been submitted.
   * @param origin of the intervals
   */
  async collect(gpu: Gpu, origin: bigint, expectedMs: number): Promise<RecordedPass[]> {
    const encoder = gpu.device.createCommandEncoder({ label: 'pass times' });
    this.timer.encodeResolve(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const intervals = toIntervals(await this.timer.read(expectedMs), origin);
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
    await device.queue.onSubmittedWorkDone();
    intervals.push({ start, end: performance.now() * 1e6 });
  }
  gpu.check();
  return intervals;
}

import { EngineError } from '../base/errors.js';
import type { Gpu } from '../gpu/index.js';
import type { Program } from '../graph/index.js';
import type { Pacer } from '../train/pacing.js';
import { StepRecorder, stepByHost, type RecordedPass } from './recorder.js';
import { lasting, paceOf, samplesOf, validPass } from './passes.js';
import type { StepSample } from './times.js';
import type { HostSlice, Pace, Timeline } from './group-profile.js';

/** What steps are run from: their records in the step table, epoch after epoch. */
export interface StepFeed {
  readonly stepsPerEpoch: number;
  /** Writes order and step records of the next epoch, before whatever is submitted next. */
  readonly nextEpoch: () => void;
}

/** What a stretch needs, and what it leaves for the next one. */
export interface StretchContext {
  readonly gpu: Gpu;
  readonly program: Program;
  readonly active: number;
  readonly feed: StepFeed;
  readonly pacer: Pacer;
  /** Null without timestamps. */
  readonly recorder: StepRecorder | null;
  /** Of the adapter's clock. */
  readonly origin: bigint;
  readonly signal: AbortSignal | undefined;
  /** Where the next step stands, all stretches together. */
  readonly position: { step: number; submit: number; record: number };
}

/** A run of steps. */
export interface Stretch {
  readonly pace: Pace;
  readonly timeline: Timeline;
  /** One per step whose dispatches were timed. */
  readonly samples: readonly StepSample[];
}

/**
 * Runs `steps` training steps one after another as a training does within an epoch: submits of about 100 ms, the host asleep while
 * the adapter works. With `watch`, each dispatch is timed.
 *
 * The host waits at the end only, and, for a stretch with more dispatches than there are places for timestamps, where those run out.
 * Without timestamps a watched stretch waits for each dispatch.
 * @throws EngineError `interrupted`, or the first error of the GPU
 */
export async function runStretch(context: StretchContext, steps: number, watch: boolean): Promise<Stretch> {
  const { recorder, pacer, position } = context;
  const host: HostSlice[] = [];
  let passes: RecordedPass[] = [];
  const firstSubmit = position.submit;
  const started = performance.now();
  pacer.beginEpoch(started);
  for (let left = steps; left > 0;) {
    if (context.signal?.aborted === true) throw new EngineError('interrupted', 'the profile was stopped');
    startEpochIfDue(context, host);
    let count = Math.min(pacer.take(left), context.feed.stepsPerEpoch - position.record);
    if (watch && recorder === null) {
      passes = passes.concat(await watchByHost(context, host));
      count = 1;
    } else {
      if (recorder !== null) {
        const perStep = watch ? recorder.passesPerStep : 1;
        if (recorder.timer.free < perStep) passes = passes.concat(await collect(context, host));
        if (watch) count = Math.min(count, Math.floor(recorder.timer.free / perStep));
      }
      submitSteps(context, count, watch, host);
      pacer.submitted(count);
      await timed(host, 'sleep', null, () => pacer.rest());
    }
    left -= count;
    position.step += count;
    position.record += count;
    position.submit++;
  }
  const expectedMs = pacer.remaining();
  passes = passes.concat(await collect(context, host));
  const ended = performance.now();
  const wallMs = ended - started;
  const waitedMs = host.at(-1)!.endMs - host.at(-1)!.startMs;
  pacer.learn(steps, wallMs, expectedMs, waitedMs);
  const submits = position.submit - firstSubmit;
  return {
    pace: paceOf(steps, submits, wallMs, host, recorder === null ? null : passes),
    timeline: {
      phases: [{ name: watch ? 'every dispatch timed' : 'unwatched', startMs: started, endMs: ended }],
      passes: passes.flatMap(validPass),
      host: host.filter(lasting),
      complete: true,
    },
    samples: samplesOf(passes, context.program.plan.dispatches.length),
  };
}

function startEpochIfDue({ feed, position }: StretchContext, host: HostSlice[]): void {
  if (position.record < feed.stepsPerEpoch) return;
  const startMs = performance.now();
  feed.nextEpoch();
  position.record = 0;
  host.push({ what: 'order', startMs, endMs: performance.now(), submit: null });
}

function submitSteps(context: StretchContext, count: number, watch: boolean, host: HostSlice[]): void {
  const { gpu, program, active, recorder, position } = context;
  const { step, submit, record } = position;
  const encodeStart = performance.now();
  const encoder = gpu.device.createCommandEncoder({ label: `steps ${step} to ${step + count - 1}` });
  if (recorder === null) {
    const pass = encoder.beginComputePass();
    for (let i = 0; i < count; i++) program.encode(pass, record + i, active);
    pass.end();
  } else if (watch) {
    for (let i = 0; i < count; i++)
      recorder.encodeByDispatch(encoder, record + i, { step: step + i, active, submit });
  } else {
    recorder.encodeWhole(encoder, record, { step, steps: count, active, submit });
  }
  const commands = encoder.finish();
  const submitStart = performance.now();
  gpu.device.queue.submit([commands]);
  const endMs = performance.now();
  host.push(
    { what: 'encode', startMs: encodeStart, endMs: submitStart, submit },
    { what: 'submit', startMs: submitStart, endMs, submit },
  );
}

/** One step, timed by the host, as passes. */
async function watchByHost(
  { gpu, program, active, position }: StretchContext,
  host: HostSlice[],
): Promise<RecordedPass[]> {
  const { step, submit, record } = position;
  const intervals = await stepByHost(gpu, program, record, active);
  return intervals.map((interval, dispatch) => {
    const [startMs, endMs] = [interval.start / 1e6, interval.end / 1e6];
    host.push({ what: 'map', startMs, endMs, submit });
    return { dispatch, step, steps: 1, active, submit, interval };
  });
}

/** Waits until everything submitted is done. Its last host slice is the wait. */
async function collect(
  { gpu, recorder, origin }: StretchContext,
  host: HostSlice[],
): Promise<RecordedPass[]> {
  return timed(host, 'map', null, async () => {
    if (recorder !== null) return recorder.collect(gpu, origin);
    await gpu.done();
    return [];
  });
}

async function timed<T>(
  host: HostSlice[],
  what: HostSlice['what'],
  submit: number | null,
  work: () => Promise<T>,
): Promise<T> {
  const startMs = performance.now();
  const result = await work();
  host.push({ what, startMs, endMs: performance.now(), submit });
  return result;
}

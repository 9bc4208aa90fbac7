/** What recorded passes say: plain data in, plain data out. */
import type { HostSlice, TimedPass } from './group-profile.js';
import type { StepSample, TimeSpan } from './times.js';

/** What a timed pass holds; its time comes later. */
export type PassMark = Omit<TimedPass, keyof TimeSpan>;

/** A pass with its time; null where the adapter's timestamps made no sense. */
export interface RecordedPass extends PassMark {
  readonly span: TimeSpan | null;
}

/** What the adapter spent in passes, in milliseconds. */
export function busyMs(passes: readonly RecordedPass[]): number {
  const ns = passes.reduce((sum, { span }) => sum + (span === null ? 0 : span.end - span.start), 0);
  return ns / 1e6;
}

/** From the first beginning to the last end of each submit. @param passes in order of time */
export function spansBySubmit(passes: readonly RecordedPass[]): TimeSpan[] {
  const spans = new Map<number, TimeSpan>();
  for (const { submit, span } of passes) {
    if (span === null) continue;
    const start = spans.get(submit)?.start ?? span.start;
    spans.set(submit, { start, end: span.end });
  }
  return [...spans.values()];
}

/** The passes of single dispatches by step, in order of time. @param dispatches of a step */
export function samplesOf(passes: readonly RecordedPass[], dispatches: number): StepSample[] {
  const samples = new Map<number, { active: number; dispatches: (TimeSpan | null)[] }>();
  for (const { dispatch, step, active, span } of passes) {
    if (dispatch === null) continue;
    const sample = samples.get(step) ?? { active, dispatches: new Array<null>(dispatches).fill(null) };
    sample.dispatches[dispatch] = span;
    samples.set(step, sample);
  }
  return [...samples.values()];
}

/** The pass for a timeline, unless its time is unknown. */
export function validPass({ span, ...mark }: RecordedPass): TimedPass[] {
  return span === null ? [] : [{ ...mark, ...span }];
}

/** Whether a host slice is long enough to be seen. */
export const lasting = ({ startMs, endMs }: HostSlice): boolean => endMs - startMs > 0.001;

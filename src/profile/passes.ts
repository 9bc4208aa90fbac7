/** Turns recorded passes and host slices into what a profile tells: plain data in, plain data out. */
import type { RecordedPass } from './recorder.js';
import { addGaps, noGaps, type Interval, type StepSample } from './times.js';
import type { HostSlice, Pace, TimedPass } from './group-profile.js';

/** The pace of a stretch. @param passes null if the adapter has no timestamps */
export function paceOf(
  steps: number,
  submits: number,
  wallMs: number,
  host: readonly HostSlice[],
  passes: readonly RecordedPass[] | null,
): Pace {
  const spent = (what: HostSlice['what']): number =>
    host.reduce((sum, slice) => sum + (slice.what === what ? slice.endMs - slice.startMs : 0), 0);
  const common = { steps, submits, wallMs, encodeMs: spent('encode'), submitMs: spent('submit') };
  if (passes === null) return { ...common, busyMs: null, gaps: null };
  return { ...common, busyMs: busyMs(passes), gaps: addGaps(noGaps, spansBySubmit(passes)) };
}

/** Two stretches as one: times add up, and so do the gaps within each. */
export function addPaces(a: Pace, b: Pace): Pace {
  return {
    steps: a.steps + b.steps,
    submits: a.submits + b.submits,
    wallMs: a.wallMs + b.wallMs,
    encodeMs: a.encodeMs + b.encodeMs,
    submitMs: a.submitMs + b.submitMs,
    busyMs: a.busyMs === null || b.busyMs === null ? null : a.busyMs + b.busyMs,
    gaps:
      a.gaps === null || b.gaps === null
        ? null
        : {
            count: a.gaps.count + b.gaps.count,
            totalNs: a.gaps.totalNs + b.gaps.totalNs,
            longestNs: Math.max(a.gaps.longestNs, b.gaps.longestNs),
          },
  };
}

/** What the adapter spent in passes, in milliseconds. */
export function busyMs(passes: readonly RecordedPass[]): number {
  const ns = passes.reduce(
    (sum, { interval }) => sum + (interval === null ? 0 : interval.end - interval.start),
    0,
  );
  return ns / 1e6;
}

/** From the first beginning to the last end of each submit. @param passes in order of time */
export function spansBySubmit(passes: readonly RecordedPass[]): Interval[] {
  const spans = new Map<number, Interval>();
  for (const { submit, interval } of passes) {
    if (interval === null) continue;
    const start = spans.get(submit)?.start ?? interval.start;
    spans.set(submit, { start, end: interval.end });
  }
  return [...spans.values()];
}

/** The passes of single dispatches by step, in order of time. @param dispatches of a step */
export function samplesOf(passes: readonly RecordedPass[], dispatches: number): StepSample[] {
  const samples = new Map<number, { active: number; dispatches: (Interval | null)[] }>();
  for (const { dispatch, step, active, interval } of passes) {
    if (dispatch === null) continue;
    const sample = samples.get(step) ?? { active, dispatches: new Array<null>(dispatches).fill(null) };
    sample.dispatches[dispatch] = interval;
    samples.set(step, sample);
  }
  return [...samples.values()];
}

/** The pass for a timeline, unless its time is unknown. */
export function validPass({ interval, ...mark }: RecordedPass): TimedPass[] {
  return interval === null ? [] : [{ ...mark, ...interval }];
}

/** Whether a host slice is long enough to be seen. */
export const lasting = ({ startMs, endMs }: HostSlice): boolean => endMs - startMs > 0.001;

/** Arithmetic on the times of GPU passes: plain data in, plain data out. */
import type { PassTime } from '../gpu/index.js';

/** When a pass ran, in nanoseconds since an origin on the adapter's clock. */
export interface TimeSpan {
  readonly start: number;
  readonly end: number;
}

/** The passes of one step, one per dispatch of its plan; null where the timestamps made no sense. */
export interface StepSample {
  /** Trials that took part. */
  readonly active: number;
  readonly dispatches: readonly (TimeSpan | null)[];
}

/** A pass on the adapter: one dispatch of a step, several steps in one, or an evaluation. */
export interface TimedPass extends TimeSpan {
  /** Index into the plan's dispatches; null for a pass of whole steps and for an evaluation. */
  readonly dispatch: number | null;
  /** Counted from 0 over the group; of several, the first. */
  readonly step: number;
  /** 0 for an evaluation. */
  readonly steps: number;
  /** Trials that took part. */
  readonly active: number;
  readonly submit: number;
}

/** What the host did, by `performance.now`. */
export interface HostSlice {
  readonly what: 'order' | 'encode' | 'submit' | 'sleep' | 'map';
  readonly startMs: number;
  readonly endMs: number;
  /** Which submit it belongs to; null for none. */
  readonly submit: number | null;
}

/** A part of the run, by `performance.now`; what the host did in it lies within. */
export interface Phase {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Everything in order of time, for a trace. */
export interface Timeline {
  readonly phases: readonly Phase[];
  readonly passes: readonly TimedPass[];
  readonly host: readonly HostSlice[];
  /** False if there was too much to keep: then it ends early. */
  readonly complete: boolean;
}

/** What a timed pass holds; its time comes later. */
export type PassMark = Omit<TimedPass, keyof TimeSpan>;

/** A pass with its time; null where the adapter's timestamps made no sense. */
export interface RecordedPass extends PassMark {
  readonly span: TimeSpan | null;
}

/** What one dispatch of the plan took, over all timed steps. */
export interface DispatchTimes {
  readonly count: number;
  readonly totalNs: number;
  /** The shortest; Infinity if `count` is 0. */
  readonly leastNs: number;
  /** Sum of the active trials over the timed steps: how often the work of one trial was done. */
  readonly trials: number;
}

/** What the timed steps took. */
export interface StepTimes {
  readonly steps: number;
  /** In the order of the plan. */
  readonly dispatches: readonly DispatchTimes[];
  /** From the first beginning to the last end within each step, summed. */
  readonly spanNs: number;
  /** Dispatches whose timestamps were missing or ran backwards; they count nowhere else. */
  readonly invalid: number;
}

/** Pauses between consecutive pieces of work. */
export interface Gaps {
  readonly count: number;
  readonly totalNs: number;
  readonly longestNs: number;
}

/**
 * Puts the times of consecutive passes on one time axis, on which no pass overlaps the next.
 *
 * Adapters may run a pass's end beside the next one's beginning: an end is cut at the next beginning, so that
 * no nanosecond counts twice. A timestamp of 0 was never written, and an end before its beginning means
 * nothing: null.
 * @param origin what becomes 0; subtracted before the numbers lose digits to f64
 */
export function toSpans(times: readonly PassTime[], origin: bigint): (TimeSpan | null)[] {
  const raw = times.map(({ begin, end }) =>
    begin === 0n || end < begin ? null : { start: Number(begin - origin), end: Number(end - origin) },
  );
  let following = Infinity;
  const clamped = raw.toReversed().map((interval) => {
    if (interval === null) return null;
    const start = Math.min(interval.start, following);
    const end = Math.min(interval.end, following);
    following = start;
    return { start, end };
  });
  return clamped.toReversed();
}

export function noStepTimes(dispatches: number): StepTimes {
  const none = { count: 0, totalNs: 0, leastNs: Infinity, trials: 0 };
  return { steps: 0, dispatches: Array.from({ length: dispatches }, () => none), spanNs: 0, invalid: 0 };
}

/** Adds timed steps. @param samples each with as many dispatches as `times` has */
export function addSteps(times: StepTimes, samples: readonly StepSample[]): StepTimes {
  const dispatches = times.dispatches.map((before, index) => {
    let { count, totalNs, leastNs, trials } = before;
    for (const sample of samples) {
      const interval = sample.dispatches[index];
      if (interval == null) continue;
      const ns = interval.end - interval.start;
      count++;
      totalNs += ns;
      leastNs = Math.min(leastNs, ns);
      trials += sample.active;
    }
    return { count, totalNs, leastNs, trials };
  });
  let { spanNs, invalid } = times;
  for (const sample of samples) {
    const valid = sample.dispatches.filter((interval) => interval !== null);
    invalid += sample.dispatches.length - valid.length;
    if (valid.length > 0) spanNs += valid.at(-1)!.end - valid[0]!.start;
  }
  return { steps: times.steps + samples.length, dispatches, spanNs, invalid };
}

export const noGaps: Gaps = { count: 0, totalNs: 0, longestNs: 0 };

/** Adds the pauses between neighbours of a list in order of time. */
export function addGaps(gaps: Gaps, intervals: readonly TimeSpan[]): Gaps {
  let { count, totalNs, longestNs } = gaps;
  for (let i = 1; i < intervals.length; i++) {
    const ns = Math.max(0, intervals[i]!.start - intervals[i - 1]!.end);
    count++;
    totalNs += ns;
    longestNs = Math.max(longestNs, ns);
  }
  return { count, totalNs, longestNs };
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

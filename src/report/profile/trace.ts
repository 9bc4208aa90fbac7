/**
 * Traces in the Trace Event Format (the JSON that Perfetto and chrome://tracing open): one process for the adapter, one for the host,
 * on the host's clock. Times in microseconds since the first event.
 */
import { kernelLabel } from '../../graph/plan.js';
import { toHostMs } from '../../train/profile/clock.js';
import type { HostSlice, TimedPass, TrainingProfile } from '../../train/profile/types.js';

/** An event of the format; `ph` is its phase: X a slice, M metadata, s and f the ends of an arrow. */
export interface TraceEvent {
  readonly ph: 'X' | 'M' | 's' | 'f';
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly cat?: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly bp?: 'e';
  readonly args?: Readonly<Record<string, unknown>>;
}

export interface Trace {
  readonly otherData: Readonly<Record<string, unknown>>;
  readonly traceEvents: readonly TraceEvent[];
}

// Perfetto tells threads apart by their number alone, whatever process they belong to.
const hostTrack = { pid: 1, tid: 1 } as const;
/** On the adapter: whole steps, and below them dispatches. */
const stepTrack = { pid: 2, tid: 2 } as const;
const dispatchTrack = { pid: 2, tid: 3 } as const;

interface Track {
  readonly pid: number;
  readonly tid: number;
}

const hostNames: Readonly<Record<HostSlice['what'], string>> = {
  order: 'write epoch order',
  encode: 'encode',
  submit: 'submit',
  sleep: 'sleep',
  map: 'wait for the adapter',
};

/**
 * @param facts about the run, put into the trace's metadata beside what is said of the clocks
 */
export function traceOf(
  profile: TrainingProfile,
  adapter: string,
  facts: Readonly<Record<string, unknown>> = {},
): Trace {
  const { groups, clockPoints } = profile;
  const wall = groups.some(({ clock }) => clock === 'wall');
  const uncertaintyUs = 1000 * Math.max(...clockPoints.map((point) => point.uncertaintyMs));
  const startMs = Math.min(
    ...groups.flatMap(({ timeline }) => timeline.host.slice(0, 1).map((slice) => slice.startMs)),
  );
  const fromMs = (ms: number): number => toNanoseconds(1000 * (ms - startMs));
  const fromNs = (ns: number): number => fromMs(toHostMs(clockPoints, ns));
  const clockText = wall
    ? "no timestamps: the host's clock around a submit of one dispatch and the wait for it"
    : `timestamps of the adapter, on the host's clock within ±${uncertaintyUs.toFixed(1)} µs`;
  let submits = 0;
  const events = groups.flatMap((group) => {
    const { host, passes } = group.timeline;
    const label = [...new Set(group.trials.map(({ variant }) => variant))].join(', ');
    const first = submits;
    submits += 1 + host.reduce((last, { submit }) => Math.max(last, submit ?? 0), 0);
    return [
      ...host.map((slice) => hostEvent(slice, fromMs)),
      ...passes.map((pass) => passEvent(pass, group, label, fromNs)),
      ...stepEvents(passes, label, fromNs),
      ...arrows(host, passes, first, fromMs, fromNs),
    ];
  });
  return {
    otherData: {
      ...facts,
      adapter,
      clock: clockText,
      clockUncertaintyUs: wall ? null : uncertaintyUs,
      clockDriftPpm: wall ? null : driftPpm(clockPoints),
      ceilings: {
        gflopsPerSecond: profile.ceilings.flopsPerSecond / 1e9,
        gbytesPerSecond: profile.ceilings.bytesPerSecond / 1e9,
      },
    },
    traceEvents: [
      named('process_name', hostTrack, 'host'),
      named('thread_name', hostTrack, 'JavaScript'),
      // Viewers show no metadata, so the name says how far to trust the times.
      named('process_name', stepTrack, `adapter: ${adapter} (${clockText})`),
      named('thread_name', stepTrack, 'steps'),
      named('thread_name', dispatchTrack, 'dispatches'),
      ...events,
    ],
  };
}

/** How far the adapter's clock drifts from the host's, in parts per million; null from one comparison. */
function driftPpm(points: TrainingProfile['clockPoints']): number | null {
  const [first, last] = [points[0], points.at(-1)!];
  if (last.ns <= first.ns) return null;
  return (1e6 * (first.offsetMs - last.offsetMs)) / ((last.ns - first.ns) / 1e6);
}

function named(what: string, track: Track, name: string): TraceEvent {
  return { ph: 'M', ...track, name: what, args: { name } };
}

function hostEvent({ what, startMs, endMs, submit }: HostSlice, from: (ms: number) => number): TraceEvent {
  const ts = from(startMs);
  return {
    ph: 'X',
    ...hostTrack,
    cat: 'host',
    name: hostNames[what],
    ts,
    dur: toNanoseconds(from(endMs) - ts),
    ...(submit !== null && { args: { submit } }),
  };
}

function passEvent(
  pass: TimedPass,
  { plan }: TrainingProfile['groups'][number],
  group: string,
  from: (ns: number) => number,
): TraceEvent {
  const ts = from(pass.start);
  const common = {
    ph: 'X',
    ...dispatchTrack,
    ts,
    dur: toNanoseconds(from(pass.end) - ts),
  } as const;
  const { step, steps, active, submit } = pass;
  if (pass.dispatch === null) {
    return {
      ...common,
      cat: 'steps',
      name: steps === 1 ? '1 step' : `${steps} steps`,
      args: { group, step, steps, submit },
    };
  }
  const dispatch = plan.dispatches[pass.dispatch]!;
  const { op, configuration } = dispatch;
  const flops = configuration.flops * active;
  const bytes = configuration.bytes * active;
  const ns = pass.end - pass.start;
  return {
    ...common,
    cat: 'dispatch',
    name: op.name,
    args: {
      group,
      op: op.name,
      kernel: kernelLabel(dispatch),
      variant: configuration.variant,
      grid: [...configuration.grid, active].join('x'),
      flops,
      bytes,
      gflopsPerSecond: ns > 0 ? flops / ns : null,
      step,
      submit,
    },
  };
}

/** One slice around the dispatches of each step. */
function stepEvents(passes: readonly TimedPass[], group: string, from: (ns: number) => number): TraceEvent[] {
  const spans = new Map<number, { start: number; end: number }>();
  for (const { dispatch, step, start, end } of passes) {
    if (dispatch !== null) spans.set(step, { start: spans.get(step)?.start ?? start, end });
  }
  return [...spans].map(([step, { start, end }]) => {
    const ts = from(start);
    const dur = toNanoseconds(from(end) - ts);
    return {
      ph: 'X',
      ...stepTrack,
      cat: 'step',
      name: `step ${step}`,
      ts,
      dur,
      args: { group },
    };
  });
}

/** From each submit on the host to its first pass on the adapter. */
function arrows(
  host: readonly HostSlice[],
  passes: readonly TimedPass[],
  first: number,
  fromMs: (ms: number) => number,
  fromNs: (ns: number) => number,
): TraceEvent[] {
  const begins = new Map<number, number>();
  for (const { submit, start } of passes) if (!begins.has(submit)) begins.set(submit, start);
  return host.flatMap(({ what, submit, startMs }): TraceEvent[] => {
    const begin = submit === null ? undefined : begins.get(submit);
    if (what !== 'submit' || submit === null || begin === undefined) return [];
    const common = { cat: 'submit', name: 'submit', id: first + submit } as const;
    const ts = fromMs(startMs);
    return [
      { ...common, ph: 's', ...hostTrack, ts },
      // Within the uncertainty of the clocks the end could lie before the beginning, which viewers refuse.
      { ...common, ph: 'f', bp: 'e', ...dispatchTrack, ts: Math.max(ts, fromNs(begin)) },
    ];
  });
}

/** To the nanosecond. */
const toNanoseconds = (us: number): number => Math.round(1000 * us) / 1000;

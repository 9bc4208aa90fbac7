/**
 * Traces in the Trace Event Format (the JSON that Perfetto and chrome://tracing open): one process for the
 * adapter, one for the host, on the host's clock. Times in microseconds since the first event.
 */
import { kernelLabel, type PlannedDispatch } from '../graph/plan.js';
import type { Ceilings } from './ceilings.js';
import { toHostMs } from './clock-line.js';
import type { Recording, TimedGroup } from './measurement.js';
import type { HostSlice, Phase, TimedPass } from './times.js';
import { ceilingsRecord, ratesOf } from './profile-record.js';

export interface Trace {
  /** `complete` is false if the trace ends early, because there was too much to keep. */
  readonly otherData: { readonly complete: boolean } & Readonly<Record<string, unknown>>;
  readonly traceEvents: readonly TraceEvent[];
}

/**
 * @param recordings one after another, at least one
 * @param facts about the run, put into the trace's metadata beside what is said of the clocks
 */
export function traceOf(
  recordings: readonly Recording[],
  ceilings: Ceilings,
  adapter: string,
  facts: Readonly<Record<string, unknown>> = {},
): Trace {
  const groups = recordings.flatMap((recording) => recording.groups);
  const wall = groups.some(({ clock }) => clock === 'wall');
  const points = recordings.flatMap(({ clockPoints }) => [...clockPoints]);
  const uncertaintyUs = 1000 * Math.max(...points.map((point) => point.uncertaintyMs));
  const clockText = wall
    ? "no timestamps: the host's clock around a submit of one dispatch and the wait for it"
    : `timestamps of the adapter, on the host's clock within ±${uncertaintyUs.toFixed(1)} µs`;
  const startMs = Math.min(...recordings.map(startOf));
  let arrows = 0;
  const events = recordings.flatMap((recording) =>
    recording.groups.flatMap((group) => {
      const first = arrows;
      arrows += 1 + group.timeline.host.reduce((last, { submit }) => Math.max(last, submit ?? 0), 0);
      return groupEvents(group, ceilings, traceClock(recording, startMs), first);
    }),
  );
  return {
    otherData: {
      ...facts,
      adapter,
      complete: groups.every(({ timeline }) => timeline.complete),
      clock: clockText,
      clockUncertaintyUs: wall ? null : uncertaintyUs,
      clockDriftPpm: wall ? null : driftPpm(recordings[0]!.clockPoints),
      ceilings: ceilingsRecord(ceilings),
    },
    traceEvents: [
      metadata('process_name', hostTrack, { name: 'host' }),
      metadata('process_sort_index', hostTrack, { sort_index: 0 }),
      metadata('thread_name', hostTrack, { name: 'JavaScript' }),
      // Perfetto shows no metadata, so the name says how far to trust the times.
      metadata('process_name', adapterTrack, { name: `adapter: ${adapter} (${clockText})` }),
      metadata('process_sort_index', adapterTrack, { sort_index: 1 }),
      metadata('thread_name', adapterTrack, { name: 'queue' }),
      ...events,
    ],
  };
}

/** The earliest thing that was recorded, on the host's clock. */
function startOf({ groups, clockPoints }: Recording): number {
  return Math.min(
    ...groups.flatMap(({ timeline: { phases, host, passes } }) => [
      ...[...phases.slice(0, 1), ...host.slice(0, 1)].map((slice) => slice.startMs),
      ...passes.slice(0, 1).map(({ start }) => toHostMs(clockPoints, start)),
    ]),
  );
}

function traceClock({ clockPoints }: Recording, startMs: number): TraceClock {
  const host = (ms: number): number => Math.round(1e6 * (ms - startMs));
  return { host, adapter: (ns) => host(toHostMs(clockPoints, ns)) };
}

/** How far the adapter's clock drifts from the host's, in parts per million; null from one comparison. */
function driftPpm(points: Recording['clockPoints']): number | null {
  const [first, last] = [points[0], points.at(-1)!];
  if (last.ns <= first.ns) return null;
  return (1e6 * (first.offsetMs - last.offsetMs)) / ((last.ns - first.ns) / 1e6);
}

/** `ph` is its phase: X a slice, M metadata, s and f the ends of an arrow. Times in microseconds. */
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

interface Track {
  readonly pid: number;
  readonly tid: number;
}

// Perfetto tells threads apart by their number alone, whatever process they belong to. Each process has one
// thread, on which slices nest: viewers do not let a file say in which order they show threads.
const hostTrack: Track = { pid: 1, tid: 1 };
const adapterTrack: Track = { pid: 2, tid: 2 };

const hostNames: Readonly<Record<HostSlice['what'], string>> = {
  order: 'write epoch order',
  encode: 'encode',
  submit: 'submit',
  sleep: 'sleep',
  map: 'wait for the adapter',
};

/** How times become nanoseconds since the trace's beginning. */
interface TraceClock {
  /** @param ms of `performance.now` */
  readonly host: (ms: number) => number;
  /** @param ns on the adapter's clock */
  readonly adapter: (ns: number) => number;
}

/**
 * The events of a group of trials. A slice comes after the one that it lies in, for readers who go by the
 * order of the file where two begin at once.
 * @param firstArrow the number of its first arrow; one per submit
 */
function groupEvents(
  group: TimedGroup,
  ceilings: Ceilings,
  clock: TraceClock,
  firstArrow: number,
): TraceEvent[] {
  const { host, passes, phases } = group.timeline;
  const name = [...new Set(group.trials.map(({ variant }) => variant))].join(', ');
  const times = ({ startMs, endMs }: Phase | HostSlice) => [clock.host(startMs), clock.host(endMs)] as const;
  return [
    ...phases.map((phase) => slice(hostTrack, 'phase', `${name}: ${phase.name}`, times(phase))),
    ...host.map((part) => {
      const args = part.submit === null ? undefined : { submit: part.submit };
      return slice(hostTrack, 'host', hostNames[part.what], times(part), args);
    }),
    ...adapterEvents(group, name, ceilings, clock),
    ...arrows(host, passes, firstArrow, clock),
  ];
}

function metadata(what: string, track: Track, args: Readonly<Record<string, unknown>>): TraceEvent {
  return { ph: 'M', ...track, name: what, args };
}

/**
 * Nanoseconds as the format's microseconds.
 *
 * Some readers multiply by 1000 and cut what follows the point. A quotient a hair too small would lose them a
 * nanosecond, with which slices that touch overlap, and such slices are dropped: then the next larger number
 * is told.
 */
export function toMicroseconds(ns: number): number {
  const us = ns / 1000;
  return us * 1000 < ns ? us * (1 + Number.EPSILON) : us;
}

/** A slice between two times in nanoseconds since the trace's beginning. */
function slice(
  track: Track,
  cat: string,
  name: string,
  [start, end]: readonly [number, number],
  args?: TraceEvent['args'],
): TraceEvent {
  const times = { ts: toMicroseconds(start), dur: toMicroseconds(end - start) };
  return { ph: 'X', ...track, cat, name, ...times, ...(args !== undefined && { args }) };
}

/** Passes; those of single dispatches lie in a slice of their step. */
function adapterEvents(
  { plan, timeline }: TimedGroup,
  group: string,
  ceilings: Ceilings,
  clock: TraceClock,
): TraceEvent[] {
  const ends = new Map<number, number>();
  for (const { dispatch, step, end } of timeline.passes) if (dispatch !== null) ends.set(step, end);
  const begun = new Set<number>();
  return timeline.passes.flatMap((pass): TraceEvent[] => {
    const { dispatch, step, steps, submit, active } = pass;
    const [start, end] = [clock.adapter(pass.start), clock.adapter(pass.end)];
    if (dispatch === null) {
      const [cat, name] =
        steps === 0 ? ['evaluation', 'evaluation'] : ['steps', steps === 1 ? '1 step' : `${steps} steps`];
      return [slice(adapterTrack, cat, name, [start, end], { group, step, steps, submit, active })];
    }
    const planned = plan.dispatches[dispatch]!;
    const args = { ...workArgs(pass, planned, ceilings), step, submit };
    const op = slice(adapterTrack, 'dispatch', planned.op.name, [start, end], args);
    if (begun.has(step)) return [op];
    begun.add(step);
    // No number in its name: viewers add up slices of one name.
    const whole = [start, clock.adapter(ends.get(step)!)] as const;
    return [slice(adapterTrack, 'step', 'step', whole, { group, step, submit, active }), op];
  });
}

/** What a dispatch was, and how well it did. */
function workArgs(
  { active, start, end }: TimedPass,
  dispatch: PlannedDispatch,
  ceilings: Ceilings,
): Record<string, unknown> {
  const { configuration } = dispatch;
  const work = { flops: configuration.flops * active, bytes: configuration.bytes * active };
  const { gflopsPerSecond, gbytesPerSecond, ceilingShare } = ratesOf(work, end - start, ceilings);
  return {
    kernel: kernelLabel(dispatch),
    grid: [...configuration.grid, active].join('x'),
    ...work,
    ...(ceilingShare !== null && {
      'GFLOP/s': digits(gflopsPerSecond),
      'GB/s': digits(gbytesPerSecond),
      '% of ceiling': digits(100 * ceilingShare),
    }),
  };
}

/** Three digits are as much as one dispatch tells. */
const digits = (value: number): number => Number(value.toPrecision(3));

/** From each submit on the host to its first pass on the adapter. */
function arrows(
  host: readonly HostSlice[],
  passes: readonly TimedPass[],
  first: number,
  clock: TraceClock,
): TraceEvent[] {
  const begins = new Map<number, number>();
  for (const { submit, start } of passes) if (!begins.has(submit)) begins.set(submit, start);
  return host.flatMap(({ what, submit, startMs }): TraceEvent[] => {
    const begin = submit === null ? undefined : begins.get(submit);
    if (what !== 'submit' || submit === null || begin === undefined) return [];
    const common = { cat: 'submit', name: 'submit', id: first + submit } as const;
    const from = clock.host(startMs);
    // Within the uncertainty of the clocks the end could lie before the beginning, which viewers refuse.
    const to = Math.max(from, clock.adapter(begin));
    return [
      { ...common, ph: 's', ...hostTrack, ts: toMicroseconds(from) },
      { ...common, ph: 'f', bp: 'e', ...adapterTrack, ts: toMicroseconds(to) },
    ];
  });
}

/** Events of the Trace Event Format, from what a profile recorded of one group of trials. */
import { kernelLabel, type PlannedDispatch } from '../graph/plan.js';
import type { Ceilings } from './ceilings.js';
import type { HostSlice, Phase, TimedGroup, TimedPass } from './group-profile.js';
import { ratesOf } from './profile-record.js';

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
export const hostTrack: Track = { pid: 1, tid: 1 };
export const adapterTrack: Track = { pid: 2, tid: 2 };

const hostNames: Readonly<Record<HostSlice['what'], string>> = {
  order: 'write epoch order',
  encode: 'encode',
  submit: 'submit',
  sleep: 'sleep',
  map: 'wait for the adapter',
};

/** How times become nanoseconds since the trace's beginning. */
export interface TraceClock {
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
export function groupEvents(
  group: TimedGroup,
  ceilings: Ceilings,
  clock: TraceClock,
  firstArrow: number,
): TraceEvent[] {
  const { host, passes, phases } = group.timeline;
  const name = [...new Set(group.trials.map(({ variant }) => variant))].join(', ');
  return [
    ...phases.map((phase) => phaseEvent(phase, name, clock)),
    ...host.map((slice) => hostEvent(slice, clock)),
    ...adapterEvents(group, name, ceilings, clock),
    ...arrows(host, passes, firstArrow, clock),
  ];
}

export function metadata(what: string, track: Track, args: Readonly<Record<string, unknown>>): TraceEvent {
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

function slice(track: Track, cat: string, name: string, startNs: number, endNs: number): TraceEvent {
  return {
    ph: 'X',
    ...track,
    cat,
    name,
    ts: toMicroseconds(startNs),
    dur: toMicroseconds(endNs - startNs),
  };
}

function phaseEvent({ name, startMs, endMs }: Phase, group: string, clock: TraceClock): TraceEvent {
  return slice(hostTrack, 'phase', `${group}: ${name}`, clock.host(startMs), clock.host(endMs));
}

function hostEvent({ what, startMs, endMs, submit }: HostSlice, clock: TraceClock): TraceEvent {
  const event = slice(hostTrack, 'host', hostNames[what], clock.host(startMs), clock.host(endMs));
  return submit === null ? event : { ...event, args: { submit } };
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
      return [
        { ...slice(adapterTrack, cat, name, start, end), args: { group, step, steps, submit, active } },
      ];
    }
    const planned = plan.dispatches[dispatch]!;
    const op = slice(adapterTrack, 'dispatch', planned.op.name, start, end);
    const events = [{ ...op, args: { ...workArgs(pass, planned, ceilings), step, submit } }];
    if (begun.has(step)) return events;
    begun.add(step);
    // No number in its name: viewers add up slices of one name.
    const whole = slice(adapterTrack, 'step', 'step', start, clock.adapter(ends.get(step)!));
    return [{ ...whole, args: { group, step, submit, active } }, ...events];
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

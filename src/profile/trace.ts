/**
 * Traces in the Trace Event Format (the JSON that Perfetto and chrome://tracing open): one process for the
 * adapter, one for the host, on the host's clock. Times in microseconds since the first event.
 */
import type { Ceilings } from './ceilings.js';
import { toHostMs } from './clock-line.js';
import type { Recording } from './group-profile.js';
import {
  adapterTrack,
  groupEvents,
  hostTrack,
  metadata,
  type TraceClock,
  type TraceEvent,
} from './trace-events.js';

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
      ceilings: {
        gflopsPerSecond: ceilings.flopsPerSecond / 1e9,
        gbytesPerSecond: ceilings.bytesPerSecond / 1e9,
      },
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

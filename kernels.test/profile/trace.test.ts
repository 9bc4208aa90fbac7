import { describe, expect, test } from 'vitest';
import { traceOf, type TraceEvent } from '../../src/report/profile/trace.js';
import { inventedGroup, inventedProfile } from './invented.js';

const profile = inventedProfile();
const [group] = profile.groups;
const trace = traceOf(profile, 'a test adapter', { experiment: 6 });
const phase = (ph: TraceEvent['ph']): TraceEvent[] => trace.traceEvents.filter((event) => event.ph === ph);
const slices = phase('X');
const tracks = new Map<number, TraceEvent[]>();
for (const slice of slices) tracks.set(slice.tid, [...(tracks.get(slice.tid) ?? []), slice]);
const nameOf = (tid: number): unknown =>
  phase('M').find((event) => event.name === 'thread_name' && event.tid === tid)?.args?.name;

describe('a trace', () => {
  test('metadata first in the file: readers stop at keys that come too late', () => {
    expect(Object.keys(trace)).toEqual(['otherData', 'traceEvents']);
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
  });

  test('every event has a process, a thread and a name; all but names have a time, in microseconds from 0', () => {
    for (const event of trace.traceEvents) {
      expect(event.name).not.toBe('');
      expect(Number.isInteger(event.pid) && Number.isInteger(event.tid)).toBe(true);
      if (event.ph === 'M') continue;
      expect(event.ts).toBeGreaterThanOrEqual(0);
      // Whole nanoseconds.
      expect((event.ts! * 1000) % 1).toBeCloseTo(0, 3);
    }
    for (const slice of slices) expect(slice.dur).toBeGreaterThanOrEqual(0);
  });

  test('threads are named, and each belongs to one process', () => {
    expect([...tracks.keys()].map(nameOf).sort()).toEqual(['JavaScript', 'dispatches', 'steps']);
    for (const events of tracks.values()) expect(new Set(events.map(({ pid }) => pid)).size).toBe(1);
  });

  test('slices of a thread do not overlap', () => {
    for (const events of tracks.values()) {
      const sorted = events.toSorted((a, b) => a.ts! - b.ts!);
      sorted.slice(1).forEach((slice, i) => {
        const before = sorted[i]!;
        expect(Math.round(1000 * slice.ts!)).toBeGreaterThanOrEqual(
          Math.round(1000 * before.ts!) + Math.round(1000 * before.dur!),
        );
      });
    }
  });

  test('a dispatch is a slice that says what it was', () => {
    const dispatches = slices.filter(({ cat }) => cat === 'dispatch');
    const planned = group!.plan.dispatches;
    expect(dispatches).toHaveLength(2 * planned.length);
    dispatches.slice(0, planned.length).forEach((slice, k) => {
      const { op, configuration } = planned[k]!;
      expect(slice.name).toBe(op.name);
      expect(slice.dur).toBeCloseTo(k + 1, 2);
      expect(slice.args).toMatchObject({
        op: op.name,
        variant: configuration.variant,
        grid: [...configuration.grid, 1].join('x'),
        flops: configuration.flops,
        step: 0,
        submit: 0,
      });
      expect(slice.args!.kernel).toContain(op.kernel);
    });
  });

  test('a step holds its dispatches, and steps of one pass are told as such', () => {
    const steps = slices.filter(({ cat }) => cat === 'step');
    expect(steps.map(({ name }) => name)).toEqual(['step 0', 'step 1']);
    for (const step of steps) {
      const inside = slices.filter(
        ({ cat, ts }) => cat === 'dispatch' && ts! >= step.ts! && ts! <= step.ts! + step.dur!,
      );
      expect(inside).toHaveLength(group!.plan.dispatches.length);
    }
    expect(slices.find(({ cat }) => cat === 'steps')).toMatchObject({ name: '3 steps', args: { steps: 3 } });
  });

  test('the host has a slice for everything it did, on the same clock', () => {
    const host = slices.filter(({ cat }) => cat === 'host');
    expect(host.map(({ name }) => name)).toEqual([
      'encode',
      'submit',
      'sleep',
      'encode',
      'submit',
      'wait for the adapter',
    ]);
    expect(host[0]!.ts).toBe(0);
    expect(host[2]).toMatchObject({ ts: 600, dur: 400 });
    // The first dispatch begins 1 µs after the adapter's origin, which is 500.55 ms on the host's clock.
    const first = slices.find(({ cat }) => cat === 'dispatch')!;
    expect(first.ts).toBeCloseTo(551, 2);
  });

  test('an arrow leads from each submit to its first pass, and never back in time', () => {
    const [from, to] = [phase('s'), phase('f')];
    expect(from.map(({ id }) => id)).toEqual([0, 1]);
    expect(to.map(({ id }) => id)).toEqual([0, 1]);
    to.forEach((end, i) => {
      expect(end.ts).toBeGreaterThanOrEqual(from[i]!.ts!);
    });
  });

  test('says how far the clocks agree', () => {
    expect(trace.otherData).toMatchObject({
      experiment: 6,
      adapter: 'a test adapter',
      clockUncertaintyUs: 30,
      ceilings: { gflopsPerSecond: 50, gbytesPerSecond: 10 },
    });
    expect(trace.otherData.clockDriftPpm).toBeCloseTo(10, 6);
    const named = phase('M').map(({ args }) => args!.name);
    expect(named).toContain(
      "adapter: a test adapter (timestamps of the adapter, on the host's clock within ±30.0 µs)",
    );
  });
});

test('groups follow each other with submits of their own', () => {
  const two = traceOf({ ...profile, groups: [inventedGroup(), inventedGroup()] }, 'a test adapter');
  const ids = two.traceEvents.filter(({ ph }) => ph === 's').map(({ id }) => id);
  expect(ids).toEqual([0, 1, 2, 3]);
});

test('without timestamps it says so, and claims no uncertainty', () => {
  const wall = traceOf(
    {
      ...profile,
      groups: [{ ...inventedGroup(), clock: 'wall' }],
      clockPoints: [{ ns: 0, offsetMs: 0, uncertaintyMs: 0 }],
    },
    'a test adapter',
  );
  expect(wall.otherData).toMatchObject({ clockUncertaintyUs: null, clockDriftPpm: null });
  expect(wall.otherData.clock).toContain('no timestamps');
});

import { describe, expect, test } from 'vitest';
import { toMicroseconds, traceOf, type TraceEvent } from './trace.js';
import { hostClockOnly } from './clock.js';
import { ceilings, inventedGroup, inventedProfile } from './testing/invented.js';

const profile = inventedProfile();
const [group] = profile.groups;
const trace = traceOf([profile], ceilings, 'a test adapter', { experiment: 6 });
const phase = (ph: TraceEvent['ph']): TraceEvent[] => trace.traceEvents.filter((event) => event.ph === ph);
const slices = phase('X');
const named = (what: string): Record<string, unknown> =>
  Object.fromEntries(
    phase('M')
      .filter(({ name }) => name === what)
      .map(({ pid, args }) => [String(pid), args!.name ?? args!.sort_index]),
  );

/** Nanoseconds as readers make them of the file's microseconds: some round, some cut. */
const readers = { round: (us: number) => Math.round(us * 1000), cut: (us: number) => Math.trunc(us * 1000) };

/**
 * Goes through the slices of a thread as Perfetto's trace processor does: by time, at the same time in the
 * order of the file, with a stack of those that are open.
 * @returns the slices that it would drop, because they begin in one that ends before them
 */
function dropped(events: readonly TraceEvent[], ns: (us: number) => number): TraceEvent[] {
  const open: number[] = [];
  return events
    .toSorted((a, b) => ns(a.ts!) - ns(b.ts!))
    .filter((event) => {
      const [start, end] = [ns(event.ts!), ns(event.ts!) + ns(event.dur!)];
      while (open.length > 0 && open.at(-1)! <= start) open.pop();
      if (open.length > 0 && end > open.at(-1)!) return true;
      open.push(end);
      return false;
    });
}

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

  test('two processes of one named thread each, the host first', () => {
    expect([...new Set(slices.map(({ pid, tid }) => `${pid}:${tid}`))].sort()).toEqual(['1:1', '2:2']);
    expect(named('thread_name')).toEqual({ 1: 'JavaScript', 2: 'queue' });
    expect(named('process_sort_index')).toEqual({ 1: 0, 2: 1 });
  });

  test.each(Object.entries(readers))('slices of a thread nest, for readers that %s', (_, ns) => {
    for (const pid of [1, 2])
      expect(
        dropped(
          slices.filter((slice) => slice.pid === pid),
          ns,
        ),
      ).toEqual([]);
  });

  test('a dispatch is a slice that says what it was, and how well it did', () => {
    const dispatches = slices.filter(({ cat }) => cat === 'dispatch');
    const planned = group!.plan.dispatches;
    expect(dispatches).toHaveLength(2 * planned.length);
    dispatches.slice(0, planned.length).forEach((slice, k) => {
      const { op, configuration } = planned[k]!;
      const { flops, bytes } = configuration;
      expect(slice.name).toBe(op.name);
      expect(slice.dur).toBeCloseTo(k + 1, 2);
      // The dispatch took k + 1 µs; the ceilings are 50 GFLOP/s and 10 GB/s.
      const [gflops, gbytes] = [flops / (k + 1) / 1000, bytes / (k + 1) / 1000];
      expect(slice.args).toMatchObject({
        kernel: expect.stringContaining(op.kernel) as unknown,
        grid: [...configuration.grid, 1].join('x'),
        flops,
        bytes,
        step: 0,
        submit: 0,
      });
      const close = (name: string, value: number) => {
        expect(Math.abs((slice.args![name] as number) - value)).toBeLessThanOrEqual(0.005 * value);
      };
      close('GFLOP/s', gflops);
      close('GB/s', gbytes);
      close('% of ceiling', Math.max(2 * gflops, 10 * gbytes));
    });
  });

  test('a step holds its dispatches, and steps of one pass are told as such', () => {
    const steps = slices.filter(({ cat }) => cat === 'step');
    expect(steps.map(({ name, args }) => [name, args!.step])).toEqual([
      ['step', 0],
      ['step', 1],
    ]);
    for (const step of steps) {
      const inside = slices.filter(
        ({ cat, ts }) => cat === 'dispatch' && ts! >= step.ts! && ts! <= step.ts! + step.dur!,
      );
      expect(inside).toHaveLength(group!.plan.dispatches.length);
    }
    expect(slices.find(({ cat }) => cat === 'steps')).toMatchObject({ name: '3 steps', args: { steps: 3 } });
  });

  test('phases hold what the host did in them, and say of which trials', () => {
    const phases = slices.filter(({ cat }) => cat === 'phase');
    expect(phases.map(({ name, ts, dur }) => ({ name, ts, dur }))).toEqual([
      { name: 'test: every dispatch timed', ts: 0, dur: 1000 },
      { name: 'test: unwatched', ts: 1000, dur: 1000 },
    ]);
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
    expect(Object.values(named('process_name'))).toContain(
      "adapter: a test adapter (timestamps of the adapter, on the host's clock within ±30.0 µs)",
    );
  });
});

test('nanoseconds survive readers that cut as well as readers that round', () => {
  for (let ns = 0, step = 1; ns < 1e13; ns += step, step += 1 + Math.floor(step / 50)) {
    const us = toMicroseconds(ns);
    expect(Object.values(readers).map((read) => read(us))).toEqual([ns, ns]);
  }
});

test('groups follow each other with submits of their own', () => {
  const groups = [inventedGroup(), inventedGroup()];
  const two = traceOf([{ ...profile, groups }], ceilings, 'a test adapter');
  const ids = two.traceEvents.filter(({ ph }) => ph === 's').map(({ id }) => id);
  expect(ids).toEqual([0, 1, 2, 3]);
});

test("recordings have clocks of their own, and meet on the host's", () => {
  const { clockPoints } = profile;
  // The second recording counts the adapter's time from a moment 7 ms earlier, and says so.
  const later = inventedGroup();
  const passes = later.timeline.passes.map((pass) => ({
    ...pass,
    start: pass.start + 7e6,
    end: pass.end + 7e6,
  }));
  const shifted = {
    groups: [{ ...later, timeline: { ...later.timeline, passes } }],
    clockPoints: [{ ns: 0, offsetMs: clockPoints[0].offsetMs - 7, uncertaintyMs: 0.5 }] as const,
  };
  const two = traceOf([profile, shifted], ceilings, 'a test adapter');
  const firsts = two.traceEvents.filter(({ cat, args }) => cat === 'step' && args!.step === 0);
  expect(firsts).toHaveLength(2);
  expect(firsts[1]!.ts).toBeCloseTo(firsts[0]!.ts!, 2);
  expect(two.otherData.clockUncertaintyUs).toBe(500);
  expect(two.traceEvents.filter(({ ph }) => ph === 's').map(({ id }) => id)).toEqual([0, 1, 2, 3]);
});

test('evaluations are told as such, and a trace that ends early says so', () => {
  const { timeline } = inventedGroup();
  const passes = timeline.passes.map((pass) => ({ ...pass, dispatch: null, steps: 0 }));
  const groups = [{ ...inventedGroup(), timeline: { ...timeline, passes, complete: false } }];
  const early = traceOf([{ ...profile, groups }], ceilings, 'a test adapter');
  const names = early.traceEvents.filter(({ ph, pid }) => ph === 'X' && pid === 2).map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(['evaluation']));
  expect(early.otherData.complete).toBe(false);
  expect(trace.otherData.complete).toBe(true);
});

test('without timestamps it says so, and claims no uncertainty', () => {
  const groups = [{ ...inventedGroup(), clock: 'wall' as const }];
  const wall = traceOf([{ groups, clockPoints: hostClockOnly }], ceilings, 'a test adapter');
  expect(wall.otherData).toMatchObject({ clockUncertaintyUs: null, clockDriftPpm: null });
  expect(wall.otherData.clock).toContain('no timestamps');
});

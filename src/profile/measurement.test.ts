import { expect, test } from 'vitest';
import { Measurement, TimelineKeeper } from './measurement.js';
import type { HostSlice, RecordedPass } from './times.js';
import { passes } from './testing/invented.js';

const slice = (what: HostSlice['what'], startMs: number, endMs: number): HostSlice => {
  return { what, startMs, endMs, submit: 0 };
};
const host = [
  slice('encode', 0, 2),
  slice('submit', 2, 3),
  slice('sleep', 3, 50),
  slice('encode', 50, 53),
  slice('map', 53, 60),
];

/** Four steps in two submits. */
function measure(into: Measurement): Measurement {
  into.steps += 4;
  into.submits += 2;
  into.wallMs += 60;
  for (const each of host) into.addHost(each);
  into.addPasses(passes);
  return into;
}

test('the pace sums the host by what it did, and the adapter by passes and by pauses between submits', () => {
  const measured = measure(new Measurement(2));
  expect(measured.pace('timestamps')).toEqual({
    steps: 4,
    submits: 2,
    wallMs: 60,
    encodeMs: 5,
    submitMs: 1,
    busyMs: 200e-6,
    gaps: { count: 1, totalNs: 60, longestNs: 60 },
  });
  expect(measured.times.steps).toBe(2);
});

test('without timestamps, or when some work went by untimed, the adapter is unknown', () => {
  const measured = measure(new Measurement(2));
  expect(measured.pace('wall')).toMatchObject({ busyMs: null, gaps: null, encodeMs: 5 });
  measured.complete = false;
  expect(measured.pace('timestamps')).toMatchObject({ busyMs: null, gaps: null, encodeMs: 5 });
});

test('two stretches add up, but the longest pause is the longer one, and there is none between them', () => {
  const measured = measure(measure(new Measurement(2)));
  measured.addPasses([pass(2, [1000, 1010]), pass(3, [1100, 1110])]);
  const { gaps, ...pace } = measured.pace('timestamps');
  expect(pace).toMatchObject({ steps: 8, submits: 4, wallMs: 120, encodeMs: 10, submitMs: 2 });
  expect(pace.busyMs).toBeCloseTo(420e-6, 12);
  expect(gaps).toEqual({ count: 3, totalNs: 210, longestNs: 90 });
});

test('an evaluation is no step: it counts by itself, and so does the pause after it', () => {
  const measured = new Measurement(2);
  const evaluation = { ...pass(2, [40, 70]), steps: 0 };
  measured.addPasses([pass(0, [0, 10]), pass(1, [20, 30]), evaluation, pass(3, [95, 100])]);
  expect(measured.evaluation('timestamps')).toEqual({
    count: 1,
    busyMs: 30e-6,
    pauses: { count: 1, totalNs: 25, longestNs: 25 },
  });
  expect(measured.pace('timestamps').busyMs).toBeCloseTo(25e-6, 12);
  expect(measured.evaluation('wall')).toBeNull();
});

test('a timeline keeps what is added', () => {
  const keeper = new TimelineKeeper();
  measure(new Measurement(2, keeper));
  expect(keeper.timeline.host).toEqual(host);
  expect(keeper.timeline.passes).toHaveLength(5);
});

function pass(submit: number, [start, end]: readonly [number, number]): RecordedPass {
  return { dispatch: null, step: submit, steps: 1, active: 1, submit, span: { start, end } };
}

const timed = (step: number, span: { start: number; end: number } | null) => ({
  dispatch: 0,
  step,
  steps: 1,
  active: 1,
  submit: 0,
  span,
});

test('everything is kept in its order, but what has no time or takes none', () => {
  const keeper = new TimelineKeeper();
  keeper.addHost({ what: 'encode', startMs: 1, endMs: 2, submit: 0 });
  keeper.addHost({ what: 'sleep', startMs: 2, endMs: 2, submit: null });
  keeper.addPasses([timed(0, { start: 5, end: 9 }), timed(1, null)]);
  keeper.addPhase({ name: 'epoch 1', startMs: 1, endMs: 3 });
  expect(keeper.timeline).toEqual({
    phases: [{ name: 'epoch 1', startMs: 1, endMs: 3 }],
    passes: [{ dispatch: 0, step: 0, steps: 1, active: 1, submit: 0, start: 5, end: 9 }],
    host: [{ what: 'encode', startMs: 1, endMs: 2, submit: 0 }],
    complete: true,
  });
});

test('up to a bound, after which nothing of any kind is kept', () => {
  const keeper = new TimelineKeeper(3);
  keeper.addHost({ what: 'encode', startMs: 1, endMs: 2, submit: 0 });
  keeper.addPasses([timed(0, { start: 5, end: 9 }), timed(1, { start: 9, end: 12 })]);
  expect(keeper.timeline.complete).toBe(true);
  keeper.addPasses([timed(2, { start: 12, end: 13 })]);
  keeper.addPhase({ name: 'epoch 1', startMs: 1, endMs: 3 });
  const { phases, passes, host, complete } = keeper.timeline;
  expect([phases.length, passes.length, host.length, complete]).toEqual([0, 2, 1, false]);
});

import { describe, expect, test } from 'vitest';
import { addPaces, paceOf, samplesOf, spansBySubmit } from './passes.js';
import type { RecordedPass } from './recorder.js';
import type { HostSlice } from './group-profile.js';
import { pace } from './testing/invented.js';

/** A pass of one dispatch or of whole steps. */
function pass(
  dispatch: number | null,
  step: number,
  submit: number,
  times: [number, number] | null,
): RecordedPass {
  const interval = times && { start: times[0], end: times[1] };
  return { dispatch, step, steps: 1, active: 1 + step, submit, interval };
}

const passes = [
  pass(null, 0, 0, [0, 100]),
  pass(0, 1, 0, [110, 130]),
  pass(1, 1, 0, null),
  pass(null, 2, 0, [150, 200]),
  pass(0, 3, 1, [260, 270]),
  pass(1, 3, 1, [280, 300]),
];

test('spansBySubmit: from the first to the last time of each submit', () => {
  expect(spansBySubmit(passes)).toEqual([
    { start: 0, end: 200 },
    { start: 260, end: 300 },
  ]);
});

test('samplesOf: the dispatches of each step that was timed so, with their trials', () => {
  expect(samplesOf(passes, 2)).toEqual([
    { active: 2, dispatches: [{ start: 110, end: 130 }, null] },
    {
      active: 4,
      dispatches: [
        { start: 260, end: 270 },
        { start: 280, end: 300 },
      ],
    },
  ]);
});

describe('paceOf', () => {
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

  test('sums the host by what it did, and the adapter by passes and by pauses between submits', () => {
    expect(paceOf(4, 2, 60, host, passes)).toEqual({
      steps: 4,
      submits: 2,
      wallMs: 60,
      encodeMs: 5,
      submitMs: 1,
      busyMs: 200e-6,
      gaps: { count: 1, totalNs: 60, longestNs: 60 },
    });
  });

  test('without timestamps the adapter is unknown', () => {
    expect(paceOf(4, 2, 60, host, null)).toMatchObject({ busyMs: null, gaps: null, encodeMs: 5 });
  });
});

test('addPaces: everything adds up, but the longest pause is the longer one', () => {
  const other = { ...pace, gaps: { count: 2, totalNs: 10, longestNs: 7 } };
  expect(addPaces(pace, other)).toEqual({
    steps: 20,
    submits: 4,
    wallMs: 80,
    encodeMs: 2,
    submitMs: 1,
    busyMs: 60,
    gaps: { count: 3, totalNs: 2_000_010, longestNs: 2_000_000 },
  });
  expect(addPaces(pace, { ...pace, busyMs: null, gaps: null })).toMatchObject({ busyMs: null, gaps: null });
});

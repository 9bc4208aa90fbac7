import { describe, expect, test } from 'vitest';
import {
  addGaps,
  addSteps,
  noGaps,
  noStepTimes,
  samplesOf,
  spansBySubmit,
  toSpans,
  type StepSample,
} from './times.js';
import { passes } from './testing/invented.js';

const at = (begin: number, end: number) => ({ begin: BigInt(begin), end: BigInt(end) });

describe('toSpans', () => {
  test('times that follow each other stay as they are', () => {
    expect(toSpans([at(100, 150), at(150, 180), at(200, 200)], 100n)).toEqual([
      { start: 0, end: 50 },
      { start: 50, end: 80 },
      { start: 100, end: 100 },
    ]);
  });

  test('an end behind the next beginning is cut there, and nothing overlaps', () => {
    expect(toSpans([at(100, 170), at(150, 210), at(200, 220)], 100n)).toEqual([
      { start: 0, end: 50 },
      { start: 50, end: 100 },
      { start: 100, end: 120 },
    ]);
  });

  test('a beginning before that of the pass in front cuts that one to nothing', () => {
    const intervals = toSpans([at(300, 400), at(250, 350), at(360, 380)], 200n);
    expect(intervals).toEqual([
      { start: 50, end: 50 },
      { start: 50, end: 150 },
      { start: 160, end: 180 },
    ]);
  });

  test('timestamps that were never written, or run backwards, give null and cut nothing', () => {
    expect(toSpans([at(100, 150), at(0, 0), at(180, 170), at(190, 200)], 100n)).toEqual([
      { start: 0, end: 50 },
      null,
      null,
      { start: 90, end: 100 },
    ]);
    expect(toSpans([at(100, 0)], 0n)).toEqual([null]);
  });

  test('clocks that count from 1970 keep their nanoseconds', () => {
    const origin = 1_763_000_000_000_000_001n;
    expect(toSpans([{ begin: origin + 3n, end: origin + 4n }], origin)).toEqual([{ start: 3, end: 4 }]);
  });

  test('nothing gives nothing', () => {
    expect(toSpans([], 0n)).toEqual([]);
  });
});

describe('addSteps', () => {
  const span = (start: number, end: number) => ({ start, end });
  const samples: readonly StepSample[] = [
    { active: 3, dispatches: [span(0, 10), span(12, 20)] },
    { active: 2, dispatches: [span(30, 36), span(40, 50)] },
  ];

  test('counts, sums, shortest times, trials and spans', () => {
    expect(addSteps(noStepTimes(2), samples)).toEqual({
      steps: 2,
      dispatches: [
        { count: 2, totalNs: 16, leastNs: 6, trials: 5 },
        { count: 2, totalNs: 18, leastNs: 8, trials: 5 },
      ],
      spanNs: 40,
      invalid: 0,
    });
  });

  test('in two parts or in one', () => {
    const parts = samples.reduce((times, sample) => addSteps(times, [sample]), noStepTimes(2));
    expect(parts).toEqual(addSteps(noStepTimes(2), samples));
  });

  test('dispatches without a time are counted as such, and nowhere else', () => {
    const times = addSteps(noStepTimes(2), [
      { active: 1, dispatches: [null, span(5, 9)] },
      { active: 1, dispatches: [null, null] },
    ]);
    expect(times).toEqual({
      steps: 2,
      dispatches: [
        { count: 0, totalNs: 0, leastNs: Infinity, trials: 0 },
        { count: 1, totalNs: 4, leastNs: 4, trials: 1 },
      ],
      spanNs: 4,
      invalid: 3,
    });
  });
});

describe('addGaps', () => {
  test('pauses between neighbours; what touches has a pause of 0', () => {
    const intervals = [
      { start: 0, end: 10 },
      { start: 10, end: 20 },
      { start: 27, end: 30 },
      { start: 32, end: 40 },
    ];
    expect(addGaps(noGaps, intervals)).toEqual({ count: 3, totalNs: 9, longestNs: 7 });
    expect(addGaps({ count: 1, totalNs: 5, longestNs: 5 }, intervals.slice(0, 2))).toEqual({
      count: 2,
      totalNs: 5,
      longestNs: 5,
    });
  });

  test('one has no neighbour', () => {
    expect(addGaps(noGaps, [{ start: 3, end: 4 }])).toEqual(noGaps);
  });
});

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

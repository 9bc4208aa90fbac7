import { expect, test } from 'vitest';
import { samplesOf, spansBySubmit } from './passes.js';
import { passes } from './testing/invented.js';

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

import { describe, expect, test } from 'vitest';
import { fitClock, toHostMs, type ClockPoint } from './clock.js';

describe('fitClock', () => {
  test('one sample: the middle of its window, half as uncertain as it is wide', () => {
    expect(fitClock([{ beforeMs: 100, afterMs: 100.5, ns: 2e6 }])).toEqual({
      ns: 2e6,
      offsetMs: 98.25,
      uncertaintyMs: 0.25,
    });
  });

  test('several samples: what their windows share', () => {
    const point = fitClock([
      { beforeMs: 10, afterMs: 11, ns: 0 },
      { beforeMs: 20.75, afterMs: 22, ns: 10e6 },
      { beforeMs: 29, afterMs: 30.875, ns: 20e6 },
    ]);
    expect(point).toEqual({ ns: 0, offsetMs: 10.8125, uncertaintyMs: 0.0625 });
  });

  test('windows that share nothing: the narrowest alone', () => {
    const point = fitClock([
      { beforeMs: 10, afterMs: 11, ns: 0 },
      { beforeMs: 15, afterMs: 15.5, ns: 0 },
    ]);
    expect(point).toEqual({ ns: 0, offsetMs: 15.25, uncertaintyMs: 0.25 });
  });

  test.each([0, 0.3, 0.99])(
    'the true offset lies within the uncertainty, wherever in the window the adapter wrote (%s)',
    (share) => {
      const offset = 1234.5;
      const samples = [0.8, 0.2, 0.5].map((width, i) => {
        const beforeMs = 2000 + 10 * i;
        return { beforeMs, afterMs: beforeMs + width, ns: 1e6 * (beforeMs + share * width - offset) };
      });
      const point = fitClock(samples as [(typeof samples)[0]]);
      expect(Math.abs(point.offsetMs - offset)).toBeLessThanOrEqual(point.uncertaintyMs + 1e-9);
      expect(point.uncertaintyMs).toBeLessThanOrEqual(0.1 + 1e-9);
    },
  );
});

describe('toHostMs', () => {
  const points: [ClockPoint, ...ClockPoint[]] = [
    { ns: 0, offsetMs: 100, uncertaintyMs: 0 },
    { ns: 10e6, offsetMs: 101, uncertaintyMs: 0 },
    { ns: 20e6, offsetMs: 103, uncertaintyMs: 0 },
  ];

  test.each([
    ['at a point', 10e6, 111],
    ['between two points', 5e6, 105.5],
    ['between the next two', 15e6, 117],
    ['before the first', -1e6, 99],
    ['after the last', 30e6, 133],
  ])('%s', (_, ns, expected) => {
    expect(toHostMs(points, ns)).toBeCloseTo(expected, 9);
  });

  test('one point holds everywhere', () => {
    expect(toHostMs([points[0]], -5e6)).toBe(95);
    expect(toHostMs([points[0]], 5e6)).toBe(105);
  });
});

import { describe, expect, it } from 'vitest';
import type { LaunchCost, PointResult, TimedPoint } from './scale-grid.js';
import {
  growsFaster,
  growthText,
  launchText,
  missingText,
  neighbours,
  perFlop,
  rate,
  scaleTable,
} from './scale-table.js';

const timed = (width: number, batch: number, flops: number, ms: number, spread = 0): TimedPoint => ({
  width,
  batch,
  cost: { dispatches: 10, flops, bytes: 1000 * width },
  ms: { median: ms, min: ms * (1 - spread), max: ms * (1 + spread) },
});

const launch: LaunchCost = { dispatches: 10, ms: { median: 0.2, min: 0.15, max: 0.3 }, msPerDispatch: 0.015 };

const points: readonly PointResult[] = [
  timed(32, 1, 1e6, 0.4),
  timed(32, 8, 8e6, 0.8),
  timed(64, 1, 2e6, 1.2, 0.1),
  { width: 64, batch: 8, missing: 'too large', why: 'a buffer is larger than the device allows' },
];

describe('rates', () => {
  it('are FLOP per second, and time per FLOP against the best point', () => {
    expect(points.slice(0, 3).map((point) => rate(point as TimedPoint) / 1e9)).toEqual([
      2.5,
      10,
      expect.closeTo(1.667, 3),
    ]);
    expect(perFlop(points[0] as TimedPoint, points)).toBe(4);
    expect(perFlop(points[1] as TimedPoint, points)).toBe(1);
  });
});

it('the table has every point, and says what is missing', () => {
  expect(scaleTable(points, launch).split('\n')).toEqual([
    'width  batch        work   memory    ms/step               GFLOP/s  time/FLOP  launches',
    '32         1  1.00 MFLOP  32.0 kB        0.4    (0.4-0.4)      2.5         4x      38 %',
    '           8  8.00 MFLOP  32.0 kB        0.8    (0.8-0.8)       10         1x      19 %',
    '64         1  2.00 MFLOP  64.0 kB        1.2  (1.08-1.32)     1.67         6x      13 %',
    '           8                       too large',
  ]);
  expect(missingText(points)).toEqual([
    'too large, a buffer is larger than the device allows: width 64 batch 8',
  ]);
});

it('launches are never more than the whole step', () => {
  expect(scaleTable([timed(1, 1, 10, 0.1)], launch)).toMatch(/ 100 %$/);
});

describe('cost against work', () => {
  it('compares neighbours along both sides', () => {
    const pairs = neighbours(points).map(({ from, to }) => [from.width, from.batch, to.width, to.batch]);
    expect(pairs).toEqual([
      [32, 1, 32, 8],
      [32, 1, 64, 1],
    ]);
  });

  it('does not compare across a gap', () => {
    const gap = [
      timed(32, 1, 1e6, 1),
      { width: 32, batch: 8, missing: 'skipped', why: '' } as const,
      timed(32, 64, 64e6, 999),
    ];
    expect(neighbours(gap)).toEqual([]);
    expect(growthText(gap)).toContain('no neighbours');
  });

  it('names what grows faster, worst first, and whether the spread explains it', () => {
    const more = [...points, timed(128, 1, 4e6, 2.6, 0.1)];
    expect(
      growsFaster(more).map(({ work, time, beyondSpread }) => [work, +time.toFixed(2), beyondSpread]),
    ).toEqual([
      [2, 3, true],
      [2, 2.17, false],
    ]);
    expect(growthText(more).split('\n')).toEqual([
      'cost grows faster than the work in 2 of 3 pairs of neighbours, in 1 of them by more than the spread:',
      expect.stringMatching(
        /^ {2}width 32 batch 1 -> width 64 batch 1 +work 2x +time 3x +\+50 % +beyond the spread of the rounds$/,
      ),
      expect.stringMatching(
        /^ {2}width 64 batch 1 -> width 128 batch 1 +work 2x +time 2\.17x +\+8 % +within the spread of the rounds$/,
      ),
    ]);
  });

  it('says so where nothing does', () => {
    expect(growthText(points.slice(0, 2))).toBe(
      'cost grows no faster than the work: in none of 1 pairs of neighbours',
    );
  });
});

it('skipped points say what they would have taken', () => {
  const skipped = { missing: 'skipped', why: 'too long', expectedMs: 2500 } as const;
  const given = [
    { width: 32, batch: 8, ...skipped },
    { width: 64, batch: 8, ...skipped, expectedMs: 130_000 },
  ];
  expect(missingText(given)).toEqual([
    'skipped, too long: width 32 batch 8 (2.5 s per step), width 64 batch 8 (130 s per step)',
  ]);
});

it('the launch cost is told per dispatch, of the fastest figure', () => {
  expect(launchText(launch)).toBe(
    'launch cost: at most 15 us per dispatch; the 10 dispatches of a minimal step (widths of 1, batch 1) take 0.15 ms at least, ' +
      '0.2 ms in the median',
  );
});

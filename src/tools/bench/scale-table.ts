/**
 * What the points of a grid say: rates, how they compare with the work, and where cost grows faster than it.
 */
import { amount } from '../../graph/print.js';
import { alignedTable } from '../../base/text.js';
import { isTimed, type LaunchCost, type PointResult, type TimedPoint } from './scale-grid.js';
import { significant } from './spread.js';

/** FLOP per second of a point. */
export function rate({ cost, ms }: TimedPoint): number {
  return (1000 * cost.flops) / ms.median;
}

/** How much longer a point takes per FLOP than the best one. */
export function perFlop(point: TimedPoint, points: readonly PointResult[]): number {
  return Math.max(...points.filter(isTimed).map(rate)) / rate(point);
}

/** One row per point. */
export function scaleTable(points: readonly PointResult[], launch: LaunchCost): string {
  const heading = ['width', 'batch', 'work', 'memory', 'ms/step', '', 'GFLOP/s', 'time/FLOP', 'launches'];
  const rows = points.map((point, index) => {
    const { width, batch } = point;
    const first = points[index - 1]?.width === width ? '' : String(width);
    if (!isTimed(point)) return [first, String(batch), '', '', point.missing, '', '', '', ''];
    const { cost, ms } = point;
    return [
      first,
      String(batch),
      amount(cost.flops, 'FLOP'),
      amount(cost.bytes, 'B'),
      significant(ms.median),
      `(${significant(ms.min)}-${significant(ms.max)})`,
      significant(rate(point) / 1e9),
      `${significant(perFlop(point, points))}x`,
      `${Math.min(100, (100 * launch.msPerDispatch * cost.dispatches) / ms.median).toFixed(0)} %`,
    ];
  });
  return alignedTable([heading, ...rows]);
}

/** Why points are missing, one line per reason. */
export function missingText(points: readonly PointResult[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const point of points) {
    if (isTimed(point)) continue;
    const reason = `${point.missing}, ${point.why}`;
    const { width, batch, expectedMs } = point;
    const expected = expectedMs === undefined ? '' : ` (${significant(expectedMs / 1000)} s per step)`;
    reasons.set(reason, [...(reasons.get(reason) ?? []), `width ${width} batch ${batch}${expected}`]);
  }
  return [...reasons].map(([reason, where]) => `${reason}: ${where.join(', ')}`);
}

/** What the columns mean. */
export const scaleLegend =
  'work: of one step, all kernels; memory: all buffers of the step but the images; ms/step: median (least-most) of the rounds; ' +
  'time/FLOP: against the best point of the table; launches: the share that dispatches cost at most however little they do';

/** A step to more work, and what it did to the time. */
export interface Growth {
  readonly from: TimedPoint;
  readonly to: TimedPoint;
  /** How many times the work, and how many times the time. */
  readonly work: number;
  readonly time: number;
  /** Whether the fastest figure of `to` and the slowest of `from` still say so. */
  readonly beyondSpread: boolean;
}

/** Every pair of neighbours in the table, along the batch sizes and along the widths. */
export function neighbours(points: readonly PointResult[]): Growth[] {
  const timed = points.filter(isTimed);
  return timed.flatMap((from) =>
    (['batch', 'width'] as const).flatMap((key) => {
      const other = key === 'batch' ? 'width' : 'batch';
      const next = Math.min(...points.map((point) => point[key]).filter((side) => side > from[key]));
      const to = timed.find((point) => point[key] === next && point[other] === from[other]);
      if (to === undefined) return [];
      const work = to.cost.flops / from.cost.flops;
      const time = to.ms.median / from.ms.median;
      return [{ from, to, work, time, beyondSpread: to.ms.min / from.ms.max > work }];
    }),
  );
}

/** Where time grows faster than the work: worst first. */
export function growsFaster(points: readonly PointResult[]): Growth[] {
  return neighbours(points)
    .filter(({ work, time }) => time > work)
    .sort((a, b) => b.time / b.work - a.time / a.work);
}

/** The check in words. */
export function growthText(points: readonly PointResult[]): string {
  const all = neighbours(points);
  const faster = growsFaster(points);
  if (all.length === 0) return 'cost against work: no neighbours to compare';
  if (faster.length === 0)
    return `cost grows no faster than the work: in none of ${all.length} pairs of neighbours`;
  const beyond = faster.filter(({ beyondSpread }) => beyondSpread).length;
  const at = ({ width, batch }: TimedPoint): string => `width ${width} batch ${batch}`;
  const rows = faster.map(({ from, to, work, time, beyondSpread }) => [
    `  ${at(from)} -> ${at(to)}`,
    `work ${significant(work)}x`,
    `time ${significant(time)}x`,
    `+${((100 * time) / work - 100).toFixed(0)} %`,
    beyondSpread ? 'beyond the spread of the rounds' : 'within the spread of the rounds',
  ]);
  const lines = alignedTable(rows);
  return (
    `cost grows faster than the work in ${faster.length} of ${all.length} pairs of neighbours, ` +
    `in ${beyond} of them by more than the spread:\n${lines}`
  );
}

/** `launch cost: at most 20 us per dispatch; ...`: what little each of them does, and the host, are in it. */
export function launchText({ dispatches, ms, msPerDispatch }: LaunchCost): string {
  return (
    `launch cost: at most ${significant(1000 * msPerDispatch)} us per dispatch; the ${dispatches} dispatches of a minimal step ` +
    `(widths of 1, batch 1) take ${significant(ms.min)} ms at least, ${significant(ms.median)} ms in the median`
  );
}

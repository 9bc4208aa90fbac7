/** Profiles as records: kernels, host and memory, in the units that people read. */
import { kernelLabel } from '../graph/plan.js';
import type { Ceilings } from './ceilings.js';
import type { DispatchTimes } from './times.js';
import type { GroupProfile, Pace } from './measurement.js';
import { memoryRecord } from './memory-record.js';

/** A dispatch, or all dispatches of a kernel in one variant. */
export interface WorkRow {
  readonly name: string;
  /** Its share of the timed steps' time on the adapter; without timestamps, of the sum over all rows. */
  readonly share: number;
  readonly count: number;
  readonly totalMs: number;
  readonly meanUs: number;
  /** The shortest dispatch; of a kernel with several ops, of any of them. Null if none was timed. */
  readonly leastUs: number | null;
  /** From the mean time, for the useful work of all trials that took part. */
  readonly gflopsPerSecond: number;
  readonly gbytesPerSecond: number;
  /** Of the nearer of the two ceilings (roofline): 1 is as fast as the adapter can. */
  readonly ceilingShare: number | null;
  readonly bound: 'compute' | 'memory' | null;
}

/** An op of the plan. */
export interface OpRow extends WorkRow {
  readonly kernel: string;
  /** Workgroups in x, y and z (the trials at the start). */
  readonly grid: readonly [number, number, number];
}

/** Times of dispatches that did some work, summed. */
interface Tally extends DispatchTimes {
  readonly flops: number;
  readonly bytes: number;
}

/** What a profile says of one group of trials; goes into JSON as it is. */
export type ProfileRecord = Readonly<ReturnType<typeof profileRecord>>;

export function profileRecord(profile: GroupProfile, ceilings: Ceilings) {
  const { plan, times, trials, pace, watchedPace, evaluation } = profile;
  const tallies = plan.dispatches.map(({ configuration }, index): Tally => {
    const measured = times.dispatches[index]!;
    const { flops, bytes } = configuration;
    return { ...measured, flops: flops * measured.trials, bytes: bytes * measured.trials };
  });
  const dispatchNs = tallies.reduce((sum, { totalNs }) => sum + totalNs, 0);
  // Between dispatches that are submitted one by one there is only the host.
  const wholeNs = profile.clock === 'wall' ? dispatchNs : times.spanNs;
  const row = (name: string, tally: Tally): WorkRow => workRow(name, tally, wholeNs, ceilings);
  const kernels = new Map<string, Tally>();
  plan.dispatches.forEach((dispatch, index) => {
    const name = kernelLabel(dispatch);
    const before = kernels.get(name);
    kernels.set(name, before === undefined ? tallies[index]! : addTallies(before, tallies[index]!));
  });
  const betweenNs = Math.max(0, wholeNs - dispatchNs);
  return {
    variants: [...new Set(trials.map(({ variant }) => variant))],
    trials: trials.length,
    batch: profile.batch,
    clock: profile.clock,
    /** Steps whose dispatches were timed one by one. */
    timedSteps: times.steps,
    /** Dispatches whose timestamps made no sense; they count in no row. */
    invalid: times.invalid,
    ceilings: ceilingsRecord(ceilings),
    /** By total time, longest first. */
    kernels: [...kernels].map(([name, tally]) => row(name, tally)).sort((a, b) => b.totalMs - a.totalMs),
    /** In the order of the step. */
    ops: plan.dispatches.map((dispatch, index): OpRow => ({
      ...row(dispatch.op.name, tallies[index]!),
      kernel: kernelLabel(dispatch),
      grid: [...dispatch.configuration.grid, trials.length],
    })),
    /** Between the dispatches of a step, in the timed steps; null without timestamps. */
    between:
      profile.clock === 'wall'
        ? null
        : { meanUs: ratio(betweenNs / 1000, times.steps), share: ratio(betweenNs, wholeNs) },
    pace: paceRecord(pace),
    watchedPace: watchedPace && paceRecord(watchedPace),
    evaluation: evaluation && {
      count: evaluation.count,
      meanMs: ratio(evaluation.busyMs, evaluation.count),
      /** Share of the training's time by the clock. */
      share: ratio(evaluation.busyMs, pace.wallMs),
      /** The adapter's pause from an evaluation to the next epoch's first step. */
      meanPauseUs: ratio(evaluation.pauses.totalNs / 1000, evaluation.pauses.count),
    },
    memory: memoryRecord(profile),
  };
}

export function ceilingsRecord({ flopsPerSecond, bytesPerSecond }: Ceilings) {
  return { gflopsPerSecond: flopsPerSecond / 1e9, gbytesPerSecond: bytesPerSecond / 1e9 };
}

function addTallies(a: Tally, b: Tally): Tally {
  return {
    count: a.count + b.count,
    totalNs: a.totalNs + b.totalNs,
    leastNs: Math.min(a.leastNs, b.leastNs),
    trials: a.trials + b.trials,
    flops: a.flops + b.flops,
    bytes: a.bytes + b.bytes,
  };
}

/** @param wholeNs what the row's time is a share of */
function workRow(name: string, tally: Tally, wholeNs: number, ceilings: Ceilings): WorkRow {
  const { count, totalNs, leastNs } = tally;
  return {
    name,
    share: ratio(totalNs, wholeNs),
    count,
    totalMs: totalNs / 1e6,
    meanUs: ratio(totalNs / 1000, count),
    leastUs: count === 0 ? null : leastNs / 1000,
    ...ratesOf(tally, totalNs, ceilings),
  };
}

/** How fast work was done, and how close that comes to the nearer of the two ceilings (roofline). */
export function ratesOf(
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
  ns: number,
  { flopsPerSecond, bytesPerSecond }: Ceilings,
): Pick<WorkRow, 'gflopsPerSecond' | 'gbytesPerSecond' | 'ceilingShare' | 'bound'> {
  const compute = ratio(1e9 * flops, flopsPerSecond * ns);
  const memory = ratio(1e9 * bytes, bytesPerSecond * ns);
  return {
    gflopsPerSecond: ratio(flops, ns),
    gbytesPerSecond: ratio(bytes, ns),
    ceilingShare: ns > 0 ? Math.max(compute, memory) : null,
    bound: ns > 0 ? (compute >= memory ? 'compute' : 'memory') : null,
  };
}

export type PaceRecord = Readonly<ReturnType<typeof paceRecord>>;

function paceRecord({ steps, submits, wallMs, encodeMs, submitMs, busyMs, gaps }: Pace) {
  return {
    steps,
    seconds: wallMs / 1000,
    stepsPerSecond: ratio(1000 * steps, wallMs),
    submits,
    stepsPerSubmit: ratio(steps, submits),
    encodeUsPerStep: ratio(1000 * encodeMs, steps),
    submitUsPerSubmit: ratio(1000 * submitMs, submits),
    /** The adapter's time per step; null without timestamps, as are the pauses. */
    gpuUsPerStep: busyMs === null ? null : ratio(1000 * busyMs, steps),
    gpuBusyShare: busyMs === null ? null : ratio(busyMs, wallMs),
    /** Pauses of the adapter between two submits. */
    gaps: gaps && {
      count: gaps.count,
      meanUs: ratio(gaps.totalNs / 1000, gaps.count),
      longestUs: gaps.longestNs / 1000,
    },
  };
}

/** a / b, and 0 of nothing: records go into JSON, which knows no NaN. */
function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

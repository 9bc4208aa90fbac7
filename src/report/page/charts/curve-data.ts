/** Histories of runs as rows that a chart can draw. */
import { sample } from '../../../base/statistics.js';
import type { OneRun } from '../types.js';

export type CurveMeasure = 'trainLoss' | 'trainAccuracy' | 'valLoss' | 'valAccuracy';

/** One seed's curve; epochs are counted from 1. */
export interface SeedPoint {
  readonly seed: number;
  readonly epoch: number;
  readonly value: number;
}

export interface MeanPoint {
  readonly epoch: number;
  readonly mean: number;
  /** Mean less and plus one standard deviation; the mean itself where there is one seed. */
  readonly low: number;
  readonly high: number;
}

/** The curve of a run; empty where nothing was measured. */
export function curveOf(run: OneRun, measure: CurveMeasure): SeedPoint[] {
  const values = run.history[measure] ?? [];
  return values.flatMap((value, index) =>
    value === null ? [] : [{ seed: run.seed, epoch: index + 1, value }],
  );
}

/** Seeds that are drawn one by one: of thousands nobody sees more, and a page would take gigabytes. */
const mostSeedsDrawn = 50;

export function drawnSeeds(runs: readonly OneRun[]): readonly OneRun[] {
  return runs.slice(0, mostSeedsDrawn);
}

/** The lowest and the highest value of some runs. */
export function extent(
  runs: readonly OneRun[],
  measures: readonly CurveMeasure[],
): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const run of runs)
    for (const measure of measures)
      for (const value of run.history[measure] ?? []) {
        if (value === null) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
  return [low, high];
}

/** Mean and spread over seeds, as far as every seed went: beyond, a mean jumps when a seed leaves it. */
export function meanCurve(runs: readonly OneRun[], measure: CurveMeasure): MeanPoint[] {
  const curves = runs.map(({ history }) => (history[measure] ?? []).filter((value) => value !== null));
  const shared = Math.min(...curves.map(({ length }) => length));
  return Array.from({ length: shared }, (_, index) => {
    const { mean, sd } = sample(curves.map((curve) => curve[index]!));
    return { epoch: index + 1, mean, low: mean - (sd ?? 0), high: mean + (sd ?? 0) };
  });
}

/** What seeds did after the first had stopped; starts where the mean ends, so that the lines meet. */
export function tailCurves(runs: readonly OneRun[], measure: CurveMeasure): SeedPoint[] {
  const from = Math.min(...runs.map(({ epochs }) => epochs));
  return runs
    .filter(({ epochs }) => epochs > from)
    .flatMap((run) => curveOf(run, measure).filter(({ epoch }) => epoch >= from));
}

/** The best epoch of each seed. */
export function bestPoints(runs: readonly OneRun[], measure: CurveMeasure): SeedPoint[] {
  return runs.flatMap((run) => curveOf(run, measure).filter(({ epoch }) => epoch === run.best?.epoch));
}

/** The last epoch of each seed that stopped early. */
export function stopPoints(runs: readonly OneRun[], measure: CurveMeasure): SeedPoint[] {
  return runs.flatMap((run) => (run.stopped === 'early' ? curveOf(run, measure).slice(-1) : []));
}

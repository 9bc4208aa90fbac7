/** What the rounds mean: spreads, ratios within rounds, and the tables. */
import { alignedTable } from '../../base/text.js';
import { isOwn, own } from './contenders.js';
import type { Measured } from './rounds.js';
import { significant, spreadOf, withRange, type Spread } from './spread.js';

/** One contender at one batch size. */
export interface Result {
  readonly batch: number;
  readonly contender: string;
  readonly runsOn: string;
  readonly about: string;
  readonly stepsPerSecond: Spread;
  /** CPU milliseconds of a step, of all threads. */
  readonly cpuMs: Spread;
  /** Cores in use on average, of the figures of each round. */
  readonly cores: Spread;
  /**
   * How many times as fast this project is, of the figures of each round; null for itself, and where it would
   * say nothing.
   */
  readonly ratio: Spread | null;
}

/** @param measured of one batch size, this project among them */
export function resultsOf(batch: number, measured: readonly Measured[]): Result[] {
  const mine = measured.find(({ contender }) => isOwn(contender))!.stepsPerSecond;
  return measured.map(({ contender, facts, stepsPerSecond, cpuMs }) => ({
    batch,
    contender: contender.name,
    runsOn: facts.runsOn,
    about: contender.about,
    stepsPerSecond: spreadOf(stepsPerSecond),
    cpuMs: spreadOf(cpuMs),
    cores: spreadOf(cpuMs.map((ms, i) => (ms * stepsPerSecond[i]!) / 1000)),
    ratio:
      isOwn(contender) || facts.unfair !== undefined
        ? null
        : spreadOf(stepsPerSecond.map((figure, i) => mine[i]! / figure)),
  }));
}

export function benchTable(results: readonly Result[]): string {
  const label = (batch: string, contender: string): string => `${batch.padStart(5)}  ${contender}`;
  const rows = results.map(({ batch, contender, stepsPerSecond, cpuMs, cores, ratio }, index) => [
    label(results[index - 1]?.batch === batch ? '' : String(batch), contender),
    withRange(stepsPerSecond),
    significant(cpuMs.median),
    cores.median.toFixed(1),
    ratio === null ? (contender === own.name ? '' : 'unfair') : withRange(ratio, 'x'),
  ]);
  const head = [label('batch', 'contender'), 'steps/s', 'CPU ms/step', 'cores', `${own.name} against it`];
  return alignedTable([head, ...rows]);
}

/** Who the contenders are: one line each. */
export function describeContenders(measured: readonly Measured[]): string {
  return measured
    .map(({ contender, facts }) => {
      const version = facts.version === undefined ? '' : `${facts.version}, `;
      const unfair = facts.unfair === undefined ? '' : `; no ratio, because it uses ${facts.unfair}`;
      return `${contender.name}: ${version}${facts.runsOn}; ${contender.about}${unfair}`;
    })
    .join('\n');
}

/** What the rounds mean: spreads, ratios within rounds, and the tables. */
import { alignedTable } from '../../base/text.js';
import { own } from './contenders.js';
import type { Measured } from './rounds.js';
import { spreadOf, withRange, type Spread } from './spread.js';

/** One contender at one batch size. */
export interface Result {
  readonly batch: number;
  readonly contender: string;
  readonly runsOn: string;
  readonly about: string;
  readonly stepsPerSecond: Spread;
  /** How many times as fast this project is, of the figures of each round; null for itself. */
  readonly ratio: Spread | null;
}

/** @param measured of one batch size, this project among them */
export function resultsOf(batch: number, measured: readonly Measured[]): Result[] {
  const mine = measured.find(({ contender }) => contender === own)!.stepsPerSecond;
  return measured.map(({ contender, facts, stepsPerSecond }) => ({
    batch,
    contender: contender.name,
    runsOn: facts.runsOn,
    about: contender.about,
    stepsPerSecond: spreadOf(stepsPerSecond),
    ratio: contender === own ? null : spreadOf(stepsPerSecond.map((figure, i) => mine[i]! / figure)),
  }));
}

export function benchTable(results: readonly Result[]): string {
  const label = (batch: string, contender: string): string => `${batch.padStart(5)}  ${contender}`;
  const rows = results.map(({ batch, contender, stepsPerSecond, ratio }, index) => [
    label(results[index - 1]?.batch === batch ? '' : String(batch), contender),
    withRange(stepsPerSecond),
    ratio === null ? '' : withRange(ratio, 'x'),
  ]);
  return alignedTable([[label('batch', 'contender'), 'steps/s', `${own.name} against it`], ...rows]);
}

/** Who the contenders are: one line each. */
export function describeContenders(measured: readonly Measured[]): string {
  return measured
    .map(({ contender, facts }) => {
      const version = facts.version === undefined ? '' : `${facts.version}, `;
      return `${contender.name}: ${version}${facts.runsOn}; ${contender.about}`;
    })
    .join('\n');
}

/** What the rounds mean: spreads, ratios within rounds, and the tables. */
import { alignedTable } from '../../base/text.js';
import { targets, own, type Contender } from './contenders.js';
import type { Failed, Measured } from './rounds.js';
import { significant, spreadOf, withRange, type Spread } from './spread.js';

/** One contender at one batch size. */
export interface Result {
  readonly batch: number;
  readonly contender: string;
  readonly runsOn: string;
  readonly about: string;
  readonly stepsPerSecond: Spread;
  /** How many times as fast this project is, of the figures of each round; null for itself. */
  readonly ratio: Spread | null;
  /** The least ratio wanted; null if there is none, or another setting of the same peer is faster. */
  readonly target: number | null;
}

/** @param measured of one batch size, this project among them */
export function resultsOf(batch: number, measured: readonly Measured[]): Result[] {
  const mine = measured.find(({ contender }) => contender === own)!.stepsPerSecond;
  const median = (each: Measured): number => spreadOf(each.stepsPerSecond).median;
  return measured.map((each) => {
    const { contender, facts, stepsPerSecond } = each;
    const family = measured.filter(({ contender: other }) => other.family === contender.family);
    const isBest = family.every((other) => median(other) <= median(each));
    return {
      batch,
      contender: contender.name,
      runsOn: facts.runsOn,
      about: contender.about,
      stepsPerSecond: spreadOf(stepsPerSecond),
      ratio: contender === own ? null : spreadOf(stepsPerSecond.map((figure, i) => mine[i]! / figure)),
      target: isBest ? (targets[contender.family]?.[batch] ?? null) : null,
    };
  });
}

/** @param withTargets adds a column that says what the ratio means to be, and by how much it is missed */
export function benchTable(results: readonly Result[], withTargets: boolean): string {
  const label = (batch: string, contender: string): string => `${batch.padStart(5)}  ${contender}`;
  const heading = ['steps/s', `${own.name} against it`, ...(withTargets ? ['target'] : [])];
  const rows = results.map(({ batch, contender, stepsPerSecond, ratio, target }, index) => [
    label(results[index - 1]?.batch === batch ? '' : String(batch), contender),
    withRange(stepsPerSecond),
    ratio === null ? '' : withRange(ratio, 'x'),
    ...(withTargets ? [target === null || ratio === null ? '' : verdict(ratio.median, target)] : []),
  ]);
  return alignedTable([[label('batch', 'contender'), ...heading], ...rows]);
}

function verdict(ratio: number, target: number): string {
  const wanted = `>= ${significant(target)}x`;
  return ratio >= target
    ? `${wanted} met`
    : `${wanted} MISSED, ${((100 * ratio) / target).toFixed(0)} % of it`;
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

export function isMeasured(result: Measured | Failed): result is Measured {
  return !('skipped' in result);
}

/** A peer that is not in the table, with the reason. */
export function skippedLine({ name }: Contender, why: string): string {
  return `${name} is not measured: ${why}`;
}

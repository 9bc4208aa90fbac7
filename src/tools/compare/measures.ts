/** The figures that variants are compared by. */
import { sample, type Sample } from '../../base/statistics.js';
import { decimal, decimalSpread, percentSpread, points } from '../../experiments/format.js';
import type { RunRecord } from '../../experiments/index.js';
import { differenceOf, type Difference, type SeedValue } from './difference.js';
import type { ComparedVariant } from './runs.js';

export interface ComparedMeasure {
  /** In events. */
  readonly key: 'valLoss' | 'valAccuracy' | 'testLoss' | 'testAccuracy';
  readonly title: string;
  /** Null where there is none, as in runs without validation. */
  readonly of: (run: RunRecord) => number | null;
  /** A difference, without its unit. */
  readonly write: (value: number) => string;
  readonly unit: string;
  /** Mean and standard deviation. */
  readonly writeSpread: (sample: Sample) => string;
}

const inPoints = {
  write: (value: number) => points(value, 2).replace(/ .*/, ''),
  unit: 'points',
  writeSpread: percentSpread,
};
const inNats = { write: decimal, unit: '', writeSpread: decimalSpread };

export const comparedMeasures: readonly ComparedMeasure[] = [
  { key: 'valLoss', title: 'best val loss', of: ({ best }) => best?.valLoss ?? null, ...inNats },
  { key: 'valAccuracy', title: 'val acc', of: ({ best }) => best?.valAccuracy ?? null, ...inPoints },
  { key: 'testLoss', title: 'test loss', of: ({ test }) => test.loss, ...inNats },
  { key: 'testAccuracy', title: 'test acc', of: ({ test }) => test.accuracy, ...inPoints },
];

/** Values of a contender by seed; null if a run has none. */
function valuesOf({ record }: ComparedVariant, { of }: ComparedMeasure): readonly SeedValue[] | null {
  const values = record.runs.flatMap((run) => {
    const value = of(run);
    return value === null ? [] : [{ seed: run.seed, value }];
  });
  return values.length === record.runs.length ? values : null;
}

/** Mean and standard deviation over the seeds of a contender; null if a run has no such figure. */
export function overSeeds(contender: ComparedVariant, measure: ComparedMeasure): Sample | null {
  const values = valuesOf(contender, measure);
  return values && sample(values.map(({ value }) => value));
}

/** One contender against another. */
export interface VariantComparison {
  readonly left: ComparedVariant;
  readonly right: ComparedVariant;
  /** Whether every seed ended with the same weights on both sides, bit by bit. */
  readonly sameWeights: boolean;
  readonly differences: readonly { readonly measure: ComparedMeasure; readonly difference: Difference }[];
}

/** `left - right` for every measure that both have. */
export function judge(left: ComparedVariant, right: ComparedVariant): VariantComparison {
  const mayPair = seedsMeanTheSame(left, right);
  return {
    left,
    right,
    sameWeights: sameWeights(left.record.runs, right.record.runs),
    differences: comparedMeasures.flatMap((measure) => {
      const [a, b] = [valuesOf(left, measure), valuesOf(right, measure)];
      if (a === null || b === null) return [];
      return [{ measure, difference: differenceOf(a, b, mayPair) }];
    }),
  };
}

/** Runs of one seed belong together where it picks the same images for validation. */
function seedsMeanTheSame(left: ComparedVariant, right: ComparedVariant): boolean {
  return (
    left.run.summary.dataset.sha256 === right.run.summary.dataset.sha256 &&
    left.record.config.validation === right.record.config.validation
  );
}

function sameWeights(left: readonly RunRecord[], right: readonly RunRecord[]): boolean {
  const bySeed = new Map(right.map(({ seed, weightsSha256 }) => [seed, weightsSha256]));
  const isSame = ({ seed, weightsSha256 }: RunRecord): boolean => bySeed.get(seed) === weightsSha256;
  return left.length === right.length && left.every(isSame);
}

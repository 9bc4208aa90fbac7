/** What a training leaves, and how two of the same training differ. */
import { createHash } from 'node:crypto';
import type { EpochRecord, Score, TrialResult } from '../../train/types.js';

/** All of a result that has to be the same a second time: everything but times. */
export interface RepeatedTrial {
  readonly variant: string;
  readonly seed: number;
  readonly weightsSha256: string;
  readonly history: readonly EpochRecord[];
  readonly test: Score;
  readonly confusion: TrialResult['confusion'];
}

/** Trains everything once. */
export type TrainOnce = (fuse: boolean) => Promise<readonly RepeatedTrial[]>;

export function recordOf({ trial, weightsSha256, history, test, confusion }: TrialResult): RepeatedTrial {
  return { variant: trial.variant, seed: trial.seed, weightsSha256, history, test, confusion };
}

/**
 * SHA-256, as hexadecimal, over the weights and metrics of every trial. Numbers are written so that each
 * double has its own text.
 */
export function hashOf(records: readonly RepeatedTrial[]): string {
  const lines = records.map(({ variant, seed, weightsSha256, history, test, confusion }) =>
    JSON.stringify([variant, seed, weightsSha256, figuresOf(history), test.loss, test.accuracy, confusion]),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

function figuresOf(history: readonly EpochRecord[]): unknown[] {
  return history.map(({ epoch, train, validation }) => [
    epoch,
    train.loss,
    train.accuracy,
    validation?.loss ?? null,
    validation?.accuracy ?? null,
  ]);
}

/** Undefined where there is none. */
type Figure = number | string | undefined;

/** A place where figures of two trainings stand beside each other. */
interface Pair {
  readonly place: string;
  readonly what: string;
  readonly isLoss: boolean;
  readonly values: readonly [Figure, Figure];
}

/** In the order in which a training makes them. A missing epoch is `undefined` on its side. */
function* pairs(one: RepeatedTrial, other: RepeatedTrial): Generator<Pair> {
  const name = `${one.variant}, seed ${one.seed}`;
  for (let i = 0; i < Math.max(one.history.length, other.history.length); i++) {
    const place = `${name}, epoch ${i + 1}`;
    const [a, b] = [one.history[i], other.history[i]];
    const scores = [
      ['training', a?.train, b?.train],
      ['validation', a?.validation, b?.validation],
    ] as const;
    for (const [part, first, second] of scores)
      for (const measure of ['loss', 'accuracy'] as const)
        yield {
          place,
          what: `${part} ${measure}`,
          isLoss: measure === 'loss',
          values: [first?.[measure], second?.[measure]],
        };
  }
  const end = `${name}, after the last epoch`;
  yield {
    place: end,
    what: 'weights',
    isLoss: false,
    values: [one.weightsSha256.slice(0, 16), other.weightsSha256.slice(0, 16)],
  };
  for (const measure of ['loss', 'accuracy'] as const)
    yield {
      place: end,
      what: `test ${measure}`,
      isLoss: measure === 'loss',
      values: [one.test[measure], other.test[measure]],
    };
  const counts = [JSON.stringify(one.confusion), JSON.stringify(other.confusion)] as const;
  yield { place: end, what: 'confusion matrix', isLoss: false, values: counts };
}

/**
 * Of each trial that differs, where it does first: `dropout=0.5, seed 0, epoch 2: training loss 0.51 instead
 * of 0.52`.
 */
export function firstDifferences(
  records: readonly RepeatedTrial[],
  expected: readonly RepeatedTrial[],
): string[] {
  return expected.flatMap((one, i) => {
    const other = records[i];
    if (other === undefined) return [`${one.variant}, seed ${one.seed}: missing`];
    for (const { place, what, values } of pairs(one, other)) {
      const [before, now] = values.map((value) => (value === undefined ? 'nothing' : String(value)));
      if (before !== now) return [`${place}: ${what} ${now} instead of ${before}`];
    }
    return [];
  });
}

/**
 * The largest difference of a loss between two trainings of the same trials, and where it is; infinite where
 * one has no such epoch.
 */
export function largestDifference(
  records: readonly RepeatedTrial[],
  expected: readonly RepeatedTrial[],
): { readonly difference: number; readonly place: string } {
  let largest = { difference: 0, place: '' };
  for (const [i, one] of expected.entries())
    for (const { place, what, isLoss, values } of pairs(one, records[i] ?? one)) {
      const [a, b] = values;
      if (!isLoss || a === b) continue;
      const difference = typeof a === 'number' && typeof b === 'number' ? Math.abs(a - b) : Infinity;
      if (difference > largest.difference) largest = { difference, place: `${place}, ${what}` };
    }
  return largest;
}

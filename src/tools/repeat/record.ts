/** What a training leaves, and how two of the same training differ. */
import { platform } from '../../platform/index.js';
import type { EpochRecord, TrialResult } from '../../train/types.js';

/** All of a result that has to be the same a second time: everything but times. */
export interface RepeatedTrial extends Pick<TrialResult, 'weightsSha256' | 'history' | 'test' | 'confusion'> {
  readonly variant: string;
  readonly seed: number;
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
  const epoch = ({ epoch, train, validation }: EpochRecord): unknown[] => {
    return [epoch, train.loss, train.accuracy, validation?.loss ?? null, validation?.accuracy ?? null];
  };
  const lines = records.map(({ variant, seed, weightsSha256, history, test, confusion }) =>
    JSON.stringify([variant, seed, weightsSha256, history.map(epoch), test.loss, test.accuracy, confusion]),
  );
  return platform.sha256(lines.join('\n'));
}

/** A figure of a trial, or undefined where it has no such epoch. */
interface Figure {
  readonly place: string;
  readonly what: string;
  readonly value: number | string | undefined;
}

/** All figures in the order of training. @param epochs so many, whether it has them or not */
function figuresOf(record: RepeatedTrial, epochs: number): Figure[] {
  const { variant, seed, history, test } = record;
  const trial = `${variant}, seed ${seed}`;
  const scores = Array.from({ length: epochs }, (_, i) =>
    (['training', 'validation'] as const).flatMap((part): Figure[] => {
      const score = history[i]?.[part === 'training' ? 'train' : part];
      const place = `${trial}, epoch ${i + 1}`;
      return [
        { place, what: `${part} loss`, value: score?.loss },
        { place, what: `${part} accuracy`, value: score?.accuracy },
      ];
    }),
  );
  const place = `${trial}, after the last epoch`;
  return [
    ...scores.flat(),
    { place, what: 'weights', value: record.weightsSha256.slice(0, 16) },
    { place, what: 'test loss', value: test.loss },
    { place, what: 'test accuracy', value: test.accuracy },
    { place, what: 'confusion matrix', value: JSON.stringify(record.confusion) },
  ];
}

/** The figures in which two trainings of a trial differ, in the order of training. */
function differences(now: RepeatedTrial, before: RepeatedTrial) {
  const epochs = Math.max(now.history.length, before.history.length);
  const expected = figuresOf(before, epochs);
  return figuresOf(now, epochs)
    .map((figure, i) => ({ ...figure, expected: expected[i]!.value }))
    .filter(({ value, expected: wanted }) => value !== wanted);
}

/**
 * Of each trial that differs, where it does first: `dropout=0.5, seed 0, epoch 2: training loss 0.51 instead
 * of 0.52`.
 */
export function firstDifferences(
  records: readonly RepeatedTrial[],
  expected: readonly RepeatedTrial[],
): string[] {
  return expected.flatMap((before, i) => {
    const now = records[i];
    if (now === undefined) return [`${before.variant}, seed ${before.seed}: missing`];
    const written = (value: Figure['value']): string => String(value ?? 'nothing');
    return differences(now, before)
      .slice(0, 1)
      .map((figure) => {
        const { place, what, value } = figure;
        return `${place}: ${what} ${written(value)} instead of ${written(figure.expected)}`;
      });
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
  for (const [i, before] of expected.entries())
    for (const { place, what, value, expected: wanted } of differences(records[i] ?? before, before)) {
      if (!what.endsWith('loss')) continue;
      const isBoth = typeof value === 'number' && typeof wanted === 'number';
      const difference = isBoth ? Math.abs(value - wanted) : Infinity;
      if (difference > largest.difference) largest = { difference, place: `${place}, ${what}` };
    }
  return largest;
}

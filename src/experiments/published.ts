/** What the series published (README and notebook): one run each, full KMNIST, coupled (l2) decay. */
import type { ExperimentId } from './types.js';

export interface PublishedFigures {
  readonly experiment: ExperimentId;
  readonly variant: string;
  readonly epochs: number;
  readonly trainAccuracy: number;
  /** Best or last; the series does not always say which. */
  readonly valAccuracy: number | null;
  /** Near the end of the run. */
  readonly valLoss: number | null;
  readonly testAccuracy: number | null;
}

type Row = readonly [ExperimentId, string, number, number, number | null, number | null, number | null];

const rows: readonly Row[] = [
  [0, 'baseline', 500, 1, null, null, 0.8927],
  [1, 'baseline', 50, 1, 0.9554, 0.2865, null],
  [2, 'dropout=0.5', 27, 0.934, 0.9453, 0.197, null],
  [2, 'dropout=0.3', 23, 0.9674, 0.9504, 0.176, null],
  [3, 'hidden=256,128', 24, 0.9871, 0.9615, 0.175, null],
  [4, 'weight-decay=0.0001', 23, 0.9813, 0.9616, 0.146, null],
  [4, 'weight-decay=0.0005', 41, 0.9742, 0.9618, 0.134, null],
  [4, 'weight-decay=0.001', 62, 0.9649, 0.9574, 0.139, null],
  [5, 'lr=0.0001', 102, 0.989, 0.9587, 0.141, null],
  [5, 'lr=0.0005', 50, 0.9829, 0.9604, 0.137, null],
  [5, 'lr=0.005', 35, 0.9206, 0.9389, 0.2, null],
  [6, 'batch-size=32', 19, 0.9548, 0.9586, 0.144, null],
  [6, 'batch-size=64', 25, 0.9659, 0.9595, 0.141, null],
  [6, 'batch-size=256', 44, 0.9788, 0.9617, 0.136, null],
  ['final', 'final', 23, 0.9697, 0.9586, 0.136, 0.9018],
];

export const publishedFigures: readonly PublishedFigures[] = rows.map(
  ([experiment, variant, epochs, trainAccuracy, valAccuracy, valLoss, testAccuracy]) => ({
    experiment,
    variant,
    epochs,
    trainAccuracy,
    valAccuracy,
    valLoss,
    testAccuracy,
  }),
);

/** The published figures of a variant, undefined where the series has none. */
export function publishedFor(experiment: ExperimentId, variant: string): PublishedFigures | undefined {
  return publishedFigures.find((row) => row.experiment === experiment && row.variant === variant);
}

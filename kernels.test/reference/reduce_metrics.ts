import { type Numbers, requireShape } from './numbers.js';

/** Sums over a batch; the caller divides by the number of rows. */
export interface Metrics {
  readonly loss: number;
  readonly correct: number;
}

/** The sum of the rows' losses, and how many rows are predicted right. */
export function reduceMetrics(losses: Numbers, predicted: Numbers, labels: Numbers): Metrics {
  requireShape('predicted', predicted, losses.length);
  requireShape('labels', labels, losses.length);
  let loss = 0;
  let correct = 0;
  for (let row = 0; row < losses.length; row++) {
    loss += losses[row]!;
    if (predicted[row] === labels[row]) correct++;
  }
  return { loss, correct };
}

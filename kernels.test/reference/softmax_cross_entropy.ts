import { type Numbers, requireShape } from './numbers.js';

/** What the last layer of a classifier yields for a batch. */
export interface CrossEntropy {
  /** [rows]: the mean of -log softmax(logits) by the target; without smoothing, at the label */
  readonly losses: Float64Array;
  /** [rows, classes]: the gradient of the mean loss, (softmax - target) / rows */
  readonly gradient: Float64Array;
  /** [rows]: the class with the largest logit, the first one of equals */
  readonly predicted: Uint32Array;
}

/**
 * Softmax cross-entropy per row, with its gradient and the predicted class; by the definition of PyTorch's
 * `CrossEntropyLoss(label_smoothing)`: target = (1 - smoothing) onehot + smoothing / classes.
 * @param logits [rows, classes]
 * @param labels [rows], each below `classes`
 */
export function softmaxCrossEntropy(
  logits: Numbers,
  labels: Numbers,
  rows: number,
  classes: number,
  smoothing = 0,
): CrossEntropy {
  requireShape('logits', logits, rows, classes);
  requireShape('labels', labels, rows);
  const losses = new Float64Array(rows);
  const gradient = new Float64Array(rows * classes);
  const predicted = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (!(label >= 0 && label < classes))
      throw new RangeError(`labels[${row}] is ${label}; there are ${classes} classes`);
    const start = row * classes;
    let best = 0;
    for (let j = 1; j < classes; j++) if (logits[start + j]! > logits[start + best]!) best = j;
    const maximum = logits[start + best]!;
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += Math.exp(logits[start + j]! - maximum);
    predicted[row] = best;
    losses[row] = Math.log(sum) - (1 - smoothing) * (logits[start + label]! - maximum);
    for (let j = 0; j < classes; j++) {
      const distance = logits[start + j]! - maximum;
      if (smoothing > 0) losses[row]! -= (smoothing / classes) * distance;
      const target = (j === label ? 1 - smoothing : 0) + smoothing / classes;
      gradient[start + j] = (Math.exp(distance) / sum - target) / rows;
    }
  }
  return { losses, gradient, predicted };
}

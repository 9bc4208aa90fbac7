/** What logits say, in f64 on the host. Imports nothing of the engine: commands load it before a driver. */

/** How a network did on labelled images. */
export interface LogitScore {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Images of which the largest logit is that of their label. */
  readonly correct: number;
  /** confusion[actual][predicted], counts. */
  readonly confusion: readonly (readonly number[])[];
  /** Images whose two largest logits lie so close that rounding in f32 may decide between them. */
  readonly undecided: number;
}

/** Logits closer than this share of the largest may change places between orders of addition. */
const closeness = 1e-5;

/** Softmax of each row, in f64. @param logits [n, classes] @returns [n, classes] */
export function softmax(logits: Float32Array, classes: number): Float64Array {
  const result = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = logits.subarray(start, start + classes);
    const largest = row.reduce((a, b) => Math.max(a, b));
    let sum = 0;
    row.forEach((value, j) => (sum += result[start + j] = Math.exp(value - largest)));
    for (let j = 0; j < classes; j++) result[start + j]! /= sum;
  }
  return result;
}

/**
 * Loss and predictions of logits. Of equal logits the first one counts, as on the GPU.
 * @param logits [n, classes]
 * @param labels [n], each below `classes`
 */
export function scoreLogits(logits: Float32Array, labels: Uint8Array, classes: number): LogitScore {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  let correct = 0;
  let undecided = 0;
  labels.forEach((label, image) => {
    const row = logits.subarray(image * classes, (image + 1) * classes);
    const best = argmax(row);
    const largest = row[best]!;
    const sum = row.reduce((total, value) => total + Math.exp(value - largest), 0);
    loss += Math.log(sum) - (row[label]! - largest);
    if (best === label) correct++;
    confusion[label]![best]!++;
    const margin = closeness * row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (row.some((value, j) => j !== best && largest - value <= margin)) undecided++;
  });
  return { loss: loss / labels.length, correct, confusion, undecided };
}

/** The place of the largest value, the first of equal ones. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let j = 1; j < values.length; j++) if (values[j]! > values[best]!) best = j;
  return best;
}

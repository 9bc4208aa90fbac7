/**
 * Whether a network's probabilities mean what they say: of the images to which it gives 80 %, are 80 % right?
 *
 * Source: Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017, section 2.
 */
import { EngineError } from '../../base/errors.js';

/** As many as in the source's figures. */
export const calibrationBins = 15;

/** Images whose confidence (the largest probability) lies in (from, to]; the first bin takes 0 as well. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Mean confidence and share of right answers; null for an empty bin. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

export interface Calibration {
  readonly bins: readonly CalibrationBin[];
  /** Expected calibration error, `Σ_b (n_b / n) · |accuracy_b − confidence_b|` (equation 3). */
  readonly expectedError: number;
  /** The largest `|accuracy_b − confidence_b|` (equation 5). */
  readonly largestError: number;
  /** Mean confidence less the share of right answers: above 0 the network is too sure of itself. */
  readonly overconfidence: number;
}

/** The class that a network gives an image, and the probability it gives that class. */
export interface Answer {
  readonly label: number;
  readonly predicted: number;
  readonly confidence: number;
}

/**
 * The most probable class of each image; of equal ones the first, as in the confusion matrix.
 * @param labels n true classes
 * @param probabilities `[n, classes]`, row by row
 * @throws EngineError `bug` if the lengths do not fit each other
 */
export function answersOf(labels: Uint8Array, probabilities: Float32Array, classes: number): Answer[] {
  if (probabilities.length !== labels.length * classes)
    throw new EngineError('bug', 'A report needs one probability per image and class', {
      found: `${probabilities.length} probabilities`,
      expected: `${labels.length} images x ${classes} classes = ${labels.length * classes}`,
    });
  return Array.from(labels, (label, image) => {
    const row = probabilities.subarray(image * classes, (image + 1) * classes);
    const confidence = row.reduce((largest, value) => Math.max(largest, value), 0);
    return { label, predicted: Math.max(0, row.indexOf(confidence)), confidence };
  });
}

/** A wrong answer; `image` is its place in the test set, counted from 0. */
export interface ConfidentMistake extends Answer {
  readonly image: number;
}

/** The wrong answers with the largest probabilities, largest first; equal ones in the test set's order. */
export function mostConfidentMistakes(answers: readonly Answer[], limit: number): ConfidentMistake[] {
  return answers
    .map((answer, image) => ({ ...answer, image }))
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, limit);
}

/**
 * Bins of equal width over the confidence, and how far it is from the share of right answers.
 * @param answers at least one
 */
export function calibrate(answers: readonly Answer[], bins: number = calibrationBins): Calibration {
  const tallies = Array.from({ length: bins }, () => ({ count: 0, right: 0, confidence: 0 }));
  for (const { label, predicted, confidence } of answers) {
    const tally = tallies[Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))]!;
    tally.count++;
    tally.confidence += confidence;
    if (label === predicted) tally.right++;
  }
  const n = answers.length;
  const gaps = tallies.map(({ right, confidence }) => Math.abs(right - confidence));
  const total = (pick: (tally: (typeof tallies)[number]) => number): number =>
    tallies.reduce((sum, tally) => sum + pick(tally), 0);
  return {
    bins: tallies.map(({ count, right, confidence }, index) => ({
      from: index / bins,
      to: (index + 1) / bins,
      count,
      confidence: count === 0 ? null : confidence / count,
      accuracy: count === 0 ? null : right / count,
    })),
    // (n_b / n) · |right_b / n_b − confidence_b / n_b|: the n_b cancel.
    expectedError: gaps.reduce((sum, gap) => sum + gap, 0) / n,
    largestError: Math.max(...gaps.map((gap, index) => gap / Math.max(1, tallies[index]!.count))),
    overconfidence: (total(({ confidence }) => confidence) - total(({ right }) => right)) / n,
  };
}

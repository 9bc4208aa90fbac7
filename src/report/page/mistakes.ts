import type { Answer } from './calibration.js';

/** A wrong answer; `image` is its place in the test set, counted from 0. */
export interface ConfidentMistake extends Answer {
  readonly image: number;
}

/** The wrong answers with the largest probabilities, largest first; equal ones in the order of the test set. */
export function mostConfidentMistakes(answers: readonly Answer[], limit: number): ConfidentMistake[] {
  return answers
    .map((answer, image) => ({ ...answer, image }))
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, limit);
}

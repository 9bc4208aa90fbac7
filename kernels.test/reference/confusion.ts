import { type Numbers, requireShape } from './numbers.js';

/**
 * counts[actual, predicted] over a data set.
 * @param predicted [rows], each below `classes`
 * @param labels [rows], each below `classes`
 * @returns [classes, classes]
 */
export function confusion(predicted: Numbers, labels: Numbers, classes: number): Uint32Array {
  requireShape('predicted', predicted, labels.length);
  const counts = new Uint32Array(classes * classes);
  for (let row = 0; row < labels.length; row++) {
    if (!(labels[row]! < classes && predicted[row]! < classes))
      throw new RangeError(
        `row ${row} has label ${labels[row]} and prediction ${predicted[row]} of ${classes} classes`,
      );
    counts[labels[row]! * classes + predicted[row]!]!++;
  }
  return counts;
}

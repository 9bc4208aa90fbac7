import { describe, expect, test } from 'vitest';
import { argmax, scoreLogits, softmax } from './logits.js';
import { integers, uniform } from '../../kernels.test/arrays.js';
import { expectWithin } from '../../kernels.test/compare.js';
import { softmaxCrossEntropy } from '../../kernels.test/reference/softmax_cross_entropy.js';

describe('softmax', () => {
  test('is exp(z) over its sum, row by row', () => {
    const found = softmax(Float32Array.of(0, Math.log(2), Math.log(5), 1, 1, 1), 3);
    const expected = [1 / 8, 2 / 8, 5 / 8, 1 / 3, 1 / 3, 1 / 3];
    // The logits are rounded to f32.
    expectWithin(found, expected, new Float64Array(6).fill(2 ** -22), 'probabilities', [2, 3]);
  });

  test('does not overflow, and adds up to 1', () => {
    const found = softmax(Float32Array.of(3e38, -3e38, 3e38, -1000), 4);
    expect([...found]).toEqual([0.5, 0, 0.5, 0]);
  });
});

describe('a score', () => {
  test('is what the reference gives', () => {
    const [rows, classes] = [50, 7];
    const logits = uniform(rows * classes, 1, -4, 4);
    const labels = Uint8Array.from(integers(rows, 2, classes));
    const { losses, predicted } = softmaxCrossEntropy(logits, labels, rows, classes);
    const { loss, correct, confusion } = scoreLogits(logits, labels, classes);
    // Two ways of adding up 50 losses in f64.
    expectWithin([loss], [losses.reduce((sum, each) => sum + each, 0) / rows], [1e-13], 'loss');
    expect(correct).toBe(predicted.filter((each, i) => each === labels[i]).length);
    const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
    labels.forEach((label, i) => counts[label]![predicted[i]!]!++);
    expect(confusion).toEqual(counts);
  });

  test('counts the first of equal logits, and says that they are close', () => {
    const logits = Float32Array.of(1, 5, 5, 1, 5, 5 * (1 + 2 ** -20), 1, 5, 5.01);
    const score = scoreLogits(logits, Uint8Array.of(1, 2, 1), 3);
    expect(score.confusion).toEqual([
      [0, 0, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect([score.correct, score.undecided]).toEqual([2, 2]);
  });

  test('does not overflow', () => {
    expect(scoreLogits(Float32Array.of(1e30, -1e30), Uint8Array.of(1), 2).loss).toBeCloseTo(2e30, -25);
  });
});

test('argmax is the place of the largest value', () => {
  expect(argmax([-3, -1, -2])).toBe(1);
  expect(argmax([4])).toBe(0);
});

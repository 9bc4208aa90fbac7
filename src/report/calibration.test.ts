import { describe, expect, it } from 'vitest';
import { answersOf, calibrate, type Answer, mostConfidentMistakes } from './page/calibration.js';
import { wilsonInterval } from './page/wilson.js';

const answer = (confidence: number, right: boolean): Answer => ({
  label: 0,
  predicted: right ? 0 : 1,
  confidence,
});

describe('answers', () => {
  it('are the most probable class, of equal ones the first', () => {
    const probabilities = Float32Array.of(0.25, 0.5, 0.25, 0.375, 0.25, 0.375);
    expect(answersOf(Uint8Array.of(1, 2), probabilities, 3)).toEqual([
      { label: 1, predicted: 1, confidence: 0.5 },
      { label: 2, predicted: 0, confidence: 0.375 },
    ]);
  });

  it('need a probability per image and class', () => {
    expect(() => answersOf(Uint8Array.of(1, 2), new Float32Array(5), 3)).toThrow(/one probability per image/);
  });
});

describe('the expected calibration error', () => {
  it('is the mean gap of the bins, weighted by their images', () => {
    // Of two bins: one image at 0.4 that is wrong, and three at 0.7, 0.8 and 0.9 of which two are right.
    const found = calibrate(
      [answer(0.4, false), answer(0.7, true), answer(0.8, true), answer(0.9, false)],
      2,
    );
    expect(found.bins.map(({ count }) => count)).toEqual([1, 3]);
    expect(found.bins[1]!.confidence).toBeCloseTo(0.8, 12);
    expect(found.bins[1]!.accuracy).toBeCloseTo(2 / 3, 12);
    expect(found.expectedError).toBeCloseTo((1 / 4) * 0.4 + (3 / 4) * (0.8 - 2 / 3), 12);
    expect(found.largestError).toBeCloseTo(0.4, 12);
    expect(found.overconfidence).toBeCloseTo((0.4 + 0.7 + 0.8 + 0.9) / 4 - 2 / 4, 12);
  });

  it('is 0 where confidence is the share of right answers', () => {
    const found = calibrate([
      answer(0.75, true),
      answer(0.75, true),
      answer(0.75, true),
      answer(0.75, false),
    ]);
    expect(found.expectedError).toBe(0);
    expect(found.overconfidence).toBe(0);
  });

  it('puts a confidence on a border into the bin below it, and leaves no image out', () => {
    const found = calibrate(
      [0, 0.25, 0.5, 0.75, 1].map((confidence) => answer(confidence, true)),
      4,
    );
    expect(found.bins.map(({ count }) => count)).toEqual([2, 1, 1, 1]);
    expect(found.bins[0]).toMatchObject({ from: 0, to: 0.25 });
  });

  it('says nothing of empty bins', () => {
    const { bins, largestError } = calibrate([answer(0.95, true)], 10);
    expect(bins[0]).toMatchObject({ count: 0, confidence: null, accuracy: null });
    expect(largestError).toBeCloseTo(0.05, 12);
  });
});

describe('the most confident mistakes', () => {
  it('are wrong answers only, the surest first, equal ones in the order of the set', () => {
    const answers = [answer(0.9, false), answer(0.99, true), answer(0.95, false), answer(0.9, false)];
    expect(mostConfidentMistakes(answers, 10).map(({ image }) => image)).toEqual([2, 0, 3]);
    expect(mostConfidentMistakes(answers, 1).map(({ image }) => image)).toEqual([2]);
  });
});

describe("Wilson's interval", () => {
  it('is the one of the literature', () => {
    // Newcombe, Statistics in Medicine 17 (1998), method 3: 81 of 263 gives 0.2553 to 0.3662.
    const { low, high } = wilsonInterval(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });

  it('stays inside 0 to 1, and has a width at both ends', () => {
    expect(wilsonInterval(0, 20).low).toBe(0);
    expect(wilsonInterval(0, 20).high).toBeCloseTo(0.1611, 4);
    expect(wilsonInterval(20, 20).high).toBe(1);
    expect(wilsonInterval(20, 20).low).toBeCloseTo(0.8389, 4);
  });
});

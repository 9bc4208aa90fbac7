import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { readDirectory } from '../data/directory.js';
import { openGpu } from '../gpu/index.js';
import { hasKmnist10k, kmnist10k } from '../testing/kmnist10k.js';
import { isLong, longTimeout } from '../testing/modes.js';
import { train } from '../train/testing/train.js';
import {
  compareWithReference,
  parityCases,
  parityText,
  parityTrials,
  parseReference,
} from './testing/parity.js';
import { sample } from '../base/statistics.js';
import { result } from './testing/results.js';

const file = new URL('./testing/pytorch-kmnist10k.csv', import.meta.url);
const reference = parseReference(readFileSync(file, 'utf8'));

/** Our results: PyTorch's own, moved by `shift`. */
const results = (shift: (name: string) => number) =>
  parityTrials(5).map((trial) => {
    const { testAccuracy, testLoss } = reference.get(trial.variant)!;
    return result(trial, {
      losses: [1],
      testAccuracy: testAccuracy[trial.seed]! + shift(trial.variant),
      testLoss: testLoss[trial.seed]!,
    });
  });

describe('the PyTorch reference', () => {
  // As the project's specification gives them, in points and rounded.
  it.each([
    ['exp1', 85.7, 0.3],
    ['exp2-dropout-0.5', 86.1, 0.5],
    ['exp2-dropout-0.3', 86.4, 0.5],
    ['exp4-l2-wd-0.0001', 87.6, 0.4],
    ['exp4-l2-wd-0.0005', 87.8, 0.5],
    ['exp4-l2-wd-0.001', 88.4, 0.4],
    ['exp6-l2-bs-32', 88.0, 0.8],
  ])('of %s has mean %f and sd %f', (name, mean, sd) => {
    const { testAccuracy } = reference.get(name)!;
    expect(testAccuracy).toHaveLength(5);
    expect(Math.abs(100 * sample(testAccuracy).mean - mean)).toBeLessThanOrEqual(0.051);
    expect(Math.abs(100 * sample(testAccuracy).sd! - sd)).toBeLessThanOrEqual(0.1);
  });

  it.each([
    ['', 'no column "variant"'],
    ['variant,seed,test_loss\nexp1,0,1\n', 'no column "test_acc"'],
    ['variant,test_acc,test_loss\nexp1,,1\n', 'a row without test figures'],
    ['variant,test_acc,test_loss\nexp1,x,1\n', 'a row without test figures'],
  ])('is refused as %j', (text, message) => {
    expect(() => parseReference(text)).toThrow(message);
    expect(() => parseReference(text)).toThrow(EngineError);
  });
});

describe('parity', () => {
  it('trains the configurations of the reference, all with coupled decay, seeds 0 to 4', () => {
    const trials = parityTrials(5);
    expect(trials).toHaveLength(35);
    expect(parityCases.map(({ config }) => [config.dropout, config.weightDecay, config.batchSize])).toEqual([
      [0, 0, 128],
      [0.5, 0, 128],
      [0.3, 0, 128],
      [0.3, 1e-4, 128],
      [0.3, 5e-4, 128],
      [0.3, 1e-3, 128],
      [0.3, 5e-4, 32],
    ]);
    expect(trials.every(({ config }) => config.decay === 'l2')).toBe(true);
  });

  it('is within where the results are the same', () => {
    const rows = compareWithReference(
      results(() => 0),
      reference,
    );
    expect(rows).toHaveLength(7);
    for (const { accuracy, within } of rows) {
      expect(accuracy.difference).toBeCloseTo(0, 12);
      expect(within).toBe(true);
    }
  });

  it('uses the standard error of the difference, and its limit is three', () => {
    const { sd, n } = sample(reference.get('exp1')!.testAccuracy);
    const standardError = Math.sqrt((2 * sd! ** 2) / n);
    for (const [share, within] of [
      [2.99, true],
      [3.01, false],
      [-3.01, false],
    ] as const) {
      const rows = compareWithReference(
        results((name) => (name === 'exp1' ? share * standardError : 0)),
        reference,
      );
      expect(rows[0]!.accuracy.standardError).toBeCloseTo(standardError, 12);
      expect(rows[0]!.accuracy.ratio).toBeCloseTo(Math.abs(share), 6);
      expect(rows.map((row) => row.within)).toEqual([within, true, true, true, true, true, true]);
    }
  });

  it('is not within where a figure is not a number', () => {
    const rows = compareWithReference(
      results(() => NaN),
      reference,
    );
    expect(rows.some(({ within }) => within)).toBe(false);
  });

  it('needs every configuration in the reference', () => {
    expect(() =>
      compareWithReference(
        results(() => 0),
        new Map(),
      ),
    ).toThrow('no runs of "exp1"');
  });

  it('reads as a table', () => {
    const rows = compareWithReference(
      results((name) => (name === 'exp1' ? 0.05 : 0.001)),
      reference,
    );
    const text = parityText(rows);
    expect(text).toContain('1 of 7 OUTSIDE 3 SE');
    expect(text).toMatch(/exp 1 +90\.70 ± 0\.3\d +85\.70 ± 0\.3\d +\+5\.00 .*OUTSIDE 3 SE/);
    expect(text).toMatch(/exp 6, l2, batch 32 .*\+0\.10 .*within 3 SE/);
    for (const line of text.split('\n').slice(0, 18)) expect(line.length).toBeLessThanOrEqual(100);
  });
});

/** Thirty-five trainings: in the long form only. */
describe.runIf(isLong && hasKmnist10k('parity with PyTorch'))(
  'training on the images of the reference',
  () => {
    it(
      'gives its test accuracies, within three standard errors',
      async () => {
        const gpu = await openGpu();
        try {
          const dataset = await readDirectory(kmnist10k);
          const rows = compareWithReference(
            await train(gpu, dataset, parityTrials(5), { fuse: true }),
            reference,
          );
          console.log(`${gpu.description}, 5 seeds\n\n${parityText(rows)}`);
          expect(rows.filter(({ within }) => !within).map(({ label }) => label)).toEqual([]);
        } finally {
          gpu.close();
        }
      },
      longTimeout,
    );
  },
);

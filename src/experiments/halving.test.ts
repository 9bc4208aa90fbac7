import { describe, expect, it } from 'vitest';
import type { Trial, TrialResult } from '../train/types.js';
import { experimentOf, sweepDefinition } from './definition.js';
import { roundsOf, trainByHalving } from './halving.js';
import { concludeSweep } from './lessons/sweep.js';
import { planExperiment } from './plan.js';
import { readAxes } from './points.js';
import { result } from './testing/results.js';

describe('the rounds', () => {
  it.each([
    [40, 50, 3, ['2: 14', '6: 5', '17: 2', '50: 2']],
    [9, 9, 3, ['1: 3', '3: 1', '9: 1']],
    [4, 16, 2, ['4: 2', '8: 1', '16: 1']],
    [3, 30, 3, ['10: 1', '30: 1']],
    [2, 30, 3, ['30: 2']],
    // Fewer epochs than rounds: those that would have equally many are one.
    [27, 4, 3, ['1: 1', '4: 1']],
  ])('of %i variants, %i epochs, by %i', (variants, epochs, factor, expected) => {
    const rounds = roundsOf(variants, epochs, factor).map((round) => `${round.epochs}: ${round.kept}`);
    expect(rounds).toEqual(expected);
  });
});

describe('trainByHalving', () => {
  const rates = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const experiment = experimentOf(
    'sweep',
    sweepDefinition(readAxes(`lr=${rates.join(',')}`, '--sweep'), { sample: null, halving: 3 }),
    concludeSweep,
  );
  const plan = planExperiment(experiment, { epochs: 9 }, [0, 1]);

  /** A loss that falls with the epochs; the larger the rate, the lower. */
  function train(trials: readonly Trial[], until: number | null): TrialResult[] {
    const epochs = until ?? 9;
    return trials.map((trial) =>
      result(trial, {
        losses: Array.from(
          { length: epochs },
          (_, i) => 10 - trial.config.learningRate + 1 / (i + 1) + trial.seed,
        ),
      }),
    );
  }

  it('trains all, then the best third from where it stands, and says so', async () => {
    const asked: (readonly [string[], number | null])[] = [];
    const { rounds, results } = await trainByHalving(plan, (trials, until) => {
      asked.push([trials.map(({ variant, seed }) => `${variant}/${seed}`), until]);
      return Promise.resolve({ results: train(trials, until), diverged: [], error: null });
    });
    const both = (names: readonly number[]): string[] =>
      names.flatMap((rate) => [`lr=${rate}/0`, `lr=${rate}/1`]);
    expect(asked).toEqual([
      [both(rates), 1],
      [both([7, 8, 9]), 3],
      [both([9]), null],
    ]);
    expect(rounds.map(({ epochs, kept, ranking }) => [epochs, kept, ranking.length])).toEqual([
      [1, 3, 9],
      [3, 1, 3],
      [9, 1, 1],
    ]);
    // 10 - 9 + 1 and 1 more for seed 1
    expect(rounds[0]!.ranking[0]).toEqual({ variant: 'lr=9', valLoss: 2.5 });
    expect(results).toHaveLength(18);
    const epochsOf = (rate: number): number[] =>
      results.filter(({ trial }) => trial.config.learningRate === rate).map(({ history }) => history.length);
    expect([1, 7, 9].map(epochsOf)).toEqual([
      [1, 1],
      [3, 3],
      [9, 9],
    ]);
  });

  it('drops a variant of which one seed diverged, and keeps no more than are sound', async () => {
    const { rounds } = await trainByHalving(plan, (trials, until) => {
      const isBad = ({ config, seed }: Trial): boolean => config.learningRate > 1 && seed === 1;
      const bad = trials.filter(isBad);
      return Promise.resolve({
        results: train(
          trials.filter((trial) => !isBad(trial)),
          until,
        ),
        diverged: bad.map((trial) => ({
          trial,
          epoch: 1,
          step: 1,
          tensor: 'loss',
          value: 'NaN',
          reproduced: true,
          remedy: 'lower it',
        })) as never,
        error: null,
      });
    });
    expect(rounds.map(({ kept }) => kept)).toEqual([1, 1, 1]);
    expect(rounds[1]!.ranking).toEqual([{ variant: 'lr=1', valLoss: expect.any(Number) as number }]);
    expect(rounds[0]!.ranking.slice(1).every(({ valLoss }) => valLoss === null)).toBe(true);
  });
});

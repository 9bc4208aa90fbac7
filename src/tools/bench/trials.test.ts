import { describe, expect, it } from 'vitest';
import { measureTrials, trialsResult, type TrialsOptions } from './trials.js';
import type { StepWork } from './measure.js';
import { fakeBench } from './testing/step-bench.js';

const work: StepWork = {
  inputs: 784,
  hidden: [32],
  classes: 10,
  dropout: 0,
  learningRate: 1e-3,
  weightDecay: 0,
  batchSize: 16,
};

function options(given: Partial<TrialsOptions> = {}): TrialsOptions {
  return {
    trials: 5,
    rounds: 3,
    steps: null,
    signal: new AbortController().signal,
    beforeRound: () => Promise.resolve(),
    onRound: () => undefined,
    ...given,
  };
}

/** A bench that writes down what is run: how many trials, and how many steps. */
function recording(ms: (trials: number) => number) {
  const bench = fakeBench({ ms: (_, __, trials) => ms(trials) });
  const runs: [trials: number, steps: number][] = [];
  return {
    runs,
    bench: {
      ...bench,
      prepare: async (asked: StepWork, trials = 1) => {
        const runner = await bench.prepare(asked, trials);
        return {
          run: (steps: number) => {
            runs.push([trials, steps]);
            return runner.run(steps);
          },
          release: runner.release,
        };
      },
    },
    live: () => bench.live,
  };
}

describe('measureTrials', () => {
  it('does the same number of steps both ways, each round beginning with the other', async () => {
    const { bench, runs, live } = recording(() => 1);
    const result = await measureTrials(bench, work, options({ steps: 7 }));
    expect(runs).toEqual([
      [5, 7],
      [1, 35],
      [1, 35],
      [5, 7],
      [5, 7],
      [1, 35],
    ]);
    expect(live()).toBe(0);
    expect(result).toMatchObject({ batch: 16, trials: 5, steps: 7, ratio: { median: 5, min: 5, max: 5 } });
  });

  it.each([
    ['a CPU: five at once take as long as five', (trials: number) => 3 * trials, 100],
    ['a GPU: five at once take as long as one', () => 3, 100],
    ['five at once take longer than five', (trials: number) => (trials === 1 ? 3 : 150), 10],
  ])('neither way takes longer than a round: %s', async (_, ms, expected) => {
    const { bench } = recording(ms);
    const { steps } = await measureTrials(bench, work, options({ rounds: 1 }));
    expect(steps).toBe(expected);
  });

  it('gives both programs back when the second does not fit, or a run fails', async () => {
    for (const failing of [1, 5]) {
      const bench = fakeBench({
        ms: (_, __, trials) => {
          if (trials === failing) throw new Error('out of memory');
          return 1;
        },
      });
      await expect(measureTrials(bench, work, options({ steps: 1 }))).rejects.toThrow('out of memory');
      expect(bench.live).toBe(0);
    }
  });

  it('tells each round, after a look at the machine', async () => {
    const told: unknown[] = [];
    const { bench } = recording((trials) => trials);
    await measureTrials(
      bench,
      work,
      options({
        steps: 2,
        rounds: 2,
        beforeRound: () => {
          told.push('look');
          return Promise.resolve();
        },
        onRound: (...round) => told.push(round),
      }),
    );
    const figures = { steps: 2, togetherMs: 10, aloneMs: 10 };
    expect(told).toEqual(['look', [1, figures], 'look', [2, figures]]);
  });
});

describe('figures', () => {
  const result = trialsResult(4, 10, [
    { togetherMs: 100, aloneMs: 200 },
    { togetherMs: 50, aloneMs: 200 },
    { togetherMs: 100, aloneMs: 100 },
  ]);

  it('are steps of any trial per second, and ratios within rounds', () => {
    expect(result).toEqual({
      trials: 4,
      steps: 10,
      together: { median: 400, min: 400, max: 800 },
      alone: { median: 200, min: 200, max: 400 },
      ratio: { median: 2, min: 1, max: 4 },
      timeOfOne: { median: 2, min: 1, max: 4 },
    });
  });
});

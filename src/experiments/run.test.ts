import { describe, expect, it } from 'vitest';
import { experimentById } from './catalogue.js';
import { planExperiment } from './plan.js';
import { dataFacts, runExperiment, type ResultCache, type TrainTrials } from './run.js';
import type { ExperimentId } from './types.js';
import type { Trial } from '../train/types.js';
import { fakeDataset } from './testing/dataset.js';
import { result } from './testing/results.js';

/** Trains nothing, and remembers what it was asked for. */
function recorder(): { readonly calls: (readonly Trial[])[]; readonly train: TrainTrials } {
  const calls: (readonly Trial[])[] = [];
  return {
    calls,
    train: (trials) => {
      calls.push(trials);
      return Promise.resolve(
        trials.map((trial) => result(trial, { losses: [trial.config.batchSize / 1000] })),
      );
    },
  };
}

const plan = (id: ExperimentId, seeds = [3, 4]) => planExperiment(experimentById(id), {}, seeds);

describe('runExperiment', () => {
  it('gives every variant its results in the order of the seeds', async () => {
    const { train } = recorder();
    const { variants, data, reused } = await runExperiment(plan(6), fakeDataset(), train);
    expect(variants.map(({ name, runs }) => [name, runs.map(({ trial }) => trial.seed)])).toEqual([
      ['batch-size=32', [3, 4]],
      ['batch-size=64', [3, 4]],
      ['batch-size=256', [3, 4]],
      ['batch-size=128', [3, 4]],
    ]);
    for (const { config, runs } of variants)
      for (const run of runs) expect(run.best!.score.loss).toBe(config.batchSize / 1000);
    expect(data).toMatchObject({ train: 80, validation: 20, test: 30, inputs: 4 });
    expect(reused).toBe(0);
  });

  it('does not train twice what an earlier experiment of the series trained', async () => {
    const { calls, train } = recorder();
    const cache: ResultCache = new Map();
    await runExperiment(plan(4), fakeDataset(), train, {}, cache);
    const fifth = await runExperiment(plan(5), fakeDataset(), train, {}, cache);
    const final = await runExperiment(plan('final'), fakeDataset(), train, {}, cache);
    expect(calls.map((trials) => trials.length)).toEqual([10, 6]);
    expect([fifth.reused, final.reused]).toEqual([2, 2]);
    expect(fifth.variants[3]!.runs.map(({ trial }) => trial.variant)).toEqual(['lr=0.001', 'lr=0.001']);
  });

  it('trains again with another seed', async () => {
    const { calls, train } = recorder();
    const cache: ResultCache = new Map();
    await runExperiment(plan(1, [0]), fakeDataset(), train, {}, cache);
    await runExperiment(plan(1, [0, 1]), fakeDataset(), train, {}, cache);
    expect(calls.map((trials) => trials.map(({ seed }) => seed))).toEqual([[0], [1]]);
  });

  it('passes on what training throws', async () => {
    const failing: TrainTrials = () => Promise.reject(new Error('diverged'));
    await expect(runExperiment(plan(1), fakeDataset(), failing)).rejects.toThrow('diverged');
  });
});

it('dataFacts has no validation where nothing is held out', () => {
  expect(dataFacts(fakeDataset(), 0)).toMatchObject({ train: 100, validation: null });
});

/** Experiments of which some trainings diverged: who is in the outcome, what is recorded and still said. */
import { describe, expect, it } from 'vitest';
import { experimentById } from './catalogue.js';
import { conclude, refuseDiverged, selected, summarise, type Summary } from './index.js';
import { planExperiment } from './plan.js';
import { runExperiment, type ResultCache, type TrainTrials } from './run.js';
import type { ExperimentId, Outcome } from './types.js';
import { checkSummary } from '../runs/summary-schema.js';
import { DivergedError } from '../train/diverged-error.js';
import type { Trial } from '../train/types.js';
import { circumstances, divergenceOf } from './testing/diverged.js';
import { fakeDataset } from './testing/dataset.js';
import { result } from './testing/results.js';

/** Trains nothing; some of it diverges. */
function training(diverges: (trial: Trial) => boolean): TrainTrials {
  return (trials) => {
    const results = trials.map((trial) => (diverges(trial) ? null : result(trial, { losses: [0.5] })));
    const divergences = trials.filter(diverges).map(divergenceOf);
    return divergences.length > 0
      ? Promise.reject(new DivergedError(divergences, results))
      : Promise.resolve(results.filter((each) => each !== null));
  };
}

function run(id: ExperimentId, diverges: (trial: Trial) => boolean, cache?: ResultCache): Promise<Outcome> {
  const plan = planExperiment(experimentById(id), {}, [3, 4]);
  return runExperiment(plan, fakeDataset(), training(diverges), {}, cache);
}

const fast = ({ config, seed }: Trial): boolean => config.learningRate === 5e-3 && seed === 3;

describe('runExperiment', () => {
  it('has the runs that came to their end, and tells of the others', async () => {
    const { variants, diverged } = await run(5, fast);
    expect(variants.map(({ name, runs }) => [name, runs.map(({ trial }) => trial.seed)])).toEqual([
      ['lr=0.0001', [3, 4]],
      ['lr=0.0005', [3, 4]],
      ['lr=0.005', [4]],
      ['lr=0.001', [3, 4]],
    ]);
    expect(diverged.map(({ trial }) => [trial.variant, trial.seed])).toEqual([['lr=0.005', 3]]);
  });

  it('leaves out a variant of which nothing is left, and a comparison likewise', async () => {
    const { variants, comparisons } = await run(4, ({ config }) => config.weightDecay !== 1e-4);
    expect(variants.map(({ name }) => name)).toEqual(['weight-decay=0.0001']);
    expect(comparisons).toEqual([]);
  });

  it('ends with the error of the training if no variant is left', async () => {
    const failing = run(2, ({ config }) => config.dropout !== 0);
    await expect(failing).rejects.toBeInstanceOf(DivergedError);
    await expect(run(5, () => true)).rejects.toMatchObject({ kind: 'diverged', exitCode: 4 });
  });

  it('keeps what finished for later experiments, and trains again what did not', async () => {
    const cache: ResultCache = new Map();
    await run(5, fast, cache);
    const again = await run(5, () => false, cache);
    expect(again).toMatchObject({ reused: 7, diverged: [] });
  });
});

describe('what is said', () => {
  it('no comparison is drawn: one sentence in place of all conclusions', async () => {
    expect(conclude(await run(5, fast))).toEqual([
      '1 of 8 trainings diverged, lr=0.005 (seed 3): no comparison is drawn from the others.',
    ]);
    expect(conclude(await run(5, ({ config }) => config.learningRate > 6e-4))).toEqual([
      '4 of 8 trainings diverged, lr=0.005 (seeds 3 and 4) and lr=0.001 (seeds 3 and 4): ' +
        'no comparison is drawn from the others.',
    ]);
  });

  it('the selection says of what it was chosen', async () => {
    const outcome = await run(5, fast);
    expect(selected(outcome).reason).toMatch(/^lowest best .*, of the trainings that did not diverge$/);
    expect(selected(await run(5, () => false)).reason).not.toContain('diverge');
  });

  it('the summary records where each of them diverged', async () => {
    const outcome = await run(5, fast);
    const summary = summarise(outcome, { ...circumstances, conclusions: conclude(outcome) });
    expect(summary.diverged).toEqual([
      {
        variant: 'lr=0.005',
        seed: 3,
        epoch: 2,
        step: 7,
        tensor: 'layer1',
        reproduced: true,
        message: 'lr=0.005, seed 3, epoch 2, step 7 of 50: layer1 is the first tensor that is not finite',
        remedy: 'use a smaller learning rate than 0.005',
      },
    ]);
    expect(summary.variants[2]!.overSeeds.testLoss).toEqual({ mean: 0.41, sd: null });
    const sound = await run(5, () => false);
    expect(summarise(sound, { ...circumstances, conclusions: [] }).diverged).toEqual([]);
  });

  it('a summary without the field is read as one in which none diverged, and a damaged field is refused', async () => {
    const outcome = await run(5, fast);
    const summary = summarise(outcome, { ...circumstances, conclusions: conclude(outcome) });
    const readBack = (changed: object): Summary =>
      checkSummary(JSON.parse(JSON.stringify({ ...summary, ...changed })), 'summary.json');
    expect(readBack({}).diverged).toEqual(summary.diverged);
    expect(readBack({ diverged: undefined }).diverged).toEqual([]);
    const [sound] = summary.diverged;
    for (const wrong of [{ seed: -1 }, { epoch: 0 }, { step: 0.5 }, { tensor: 3 }, { message: 'two\nlines' }])
      expect(() => readBack({ diverged: [{ ...sound!, ...wrong }] })).toThrow(/diverged.* is wrong/);
    expect(() => readBack({ diverged: 'none' })).toThrow(/diverged.* is wrong/);
  });

  it('a series in which a training diverged ends with exit code 4', async () => {
    const sound = await run(1, () => false);
    expect(() => {
      refuseDiverged([sound]);
    }).not.toThrow();
    const outcome = await run(5, fast);
    expect(() => {
      refuseDiverged([sound, outcome]);
    }).toThrow(
      expect.objectContaining({
        exitCode: 4,
        message: '1 of 10 trainings diverged',
        found: 'lr=0.005 (seed 3)',
        remedy: 'use a smaller learning rate than 0.005 (the results of the others were written)',
      }),
    );
  });
});

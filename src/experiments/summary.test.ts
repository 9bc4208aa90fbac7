import { describe, expect, it } from 'vitest';
import { summarise, type Circumstances } from './summary.js';
import { diagonal, outcome, romaji } from './testing/results.js';

const circumstances: Circumstances = {
  adapter: { description: 'an adapter', software: true, subgroupSize: 8 },
  dataset: { sha256: 'cd'.repeat(32), notice: 'why' },
  command: ['--exp', '6'],
  versions: { 'wgsl-train': '0.1.0' },
  fused: true,
  tuning: { file: 'tuning.json', sha256: 'ef'.repeat(32) },
  conclusions: ['a sentence'],
};

describe('summary.json', () => {
  it('has every field of schema 1', () => {
    const given = outcome(
      6,
      2,
      (variant, seed) => ({
        losses: [0.9, variant === 'batch-size=32' && seed === 1 ? 0.3 : 0.5, 0.6],
        testAccuracy: 0.875,
      }),
      { overrides: { decay: 'l2' } },
    );
    const summary = summarise(given, circumstances);
    expect(summary).toMatchObject({
      schema: 1,
      experiment: 6,
      dataset: { name: 'kmnist10k', train: 6400, validation: 1600, test: 2000, notice: 'why' },
      adapter: { description: 'an adapter', software: true, subgroupSize: 8 },
      command: ['--exp', '6'],
      tuning: { file: 'tuning.json', sha256: 'ef'.repeat(32) },
      conclusions: ['a sentence'],
    });
    expect(summary.variants.map(({ name }) => name)).toEqual([
      'batch-size=32',
      'batch-size=64',
      'batch-size=256',
      'batch-size=128',
    ]);
    expect(summary.variants[0]!.config).toMatchObject({
      hidden: [256, 128],
      dropout: 0.3,
      weightDecay: 5e-4,
      decay: 'l2',
      learningRate: 1e-3,
      batchSize: 32,
      epochs: 200,
      patience: 10,
    });
    expect(summary.variants[0]!.kernels).toEqual({
      training: ['layer0 dense_forward.tile'],
      evaluation: ['layer0 dense_forward.split'],
    });
    expect(summary.variants[0]!.runs[1]).toEqual({
      seed: 1,
      epochs: 3,
      stopped: 'early',
      best: { epoch: 2, valLoss: 0.3, valAccuracy: 0.87 },
      last: { trainLoss: 0.05, trainAccuracy: 0.99, valLoss: 0.6, valAccuracy: 0.87 },
      test: { loss: 0.41, accuracy: 0.875 },
      seconds: 10,
      stepsPerSecond: 300,
      weightsSha256: 'ab'.repeat(32),
      history: {
        trainLoss: [0.05, 0.05, 0.05],
        trainAccuracy: [0.99, 0.99, 0.99],
        valLoss: [0.9, 0.3, 0.6],
        valAccuracy: [0.87, 0.87, 0.87],
      },
    });
    expect(summary.variants[0]!.overSeeds.bestValLoss!.mean).toBeCloseTo(0.4, 12);
    expect(summary.selected).toMatchObject({
      variant: 'batch-size=32',
      seed: 1,
      test: { loss: 0.41, accuracy: 0.875 },
      confusion: diagonal(10, 200),
      perClassAccuracy: Array(10).fill(1),
      classNames: romaji,
    });
  });

  it('has null where a field does not apply', () => {
    const summary = summarise(
      outcome(0, 1, () => ({ losses: [1, 1] })),
      { ...circumstances, dataset: { sha256: '', notice: null } },
    );
    expect(summary.dataset).toMatchObject({ train: 8000, validation: null, test: 2000, notice: null });
    const run = summary.variants[0]!.runs[0]!;
    expect(run.best).toBeNull();
    expect(run.last).toMatchObject({ valLoss: null, valAccuracy: null });
    expect(run.history).toMatchObject({ valLoss: null, valAccuracy: null });
    expect(summary.variants[0]!.config.patience).toBeNull();
    expect(summary.variants[0]!.overSeeds.bestValLoss).toBeNull();
    expect(summary.selected).toMatchObject({ variant: 'baseline', seed: 0 });
  });

  it('keeps comparisons apart from the variants, and never selects one', () => {
    const summary = summarise(
      outcome(4, 1, (variant) => ({ losses: [variant === 'weight-decay=0' ? 0.1 : 0.5] })),
      circumstances,
    );
    expect(summary.variants).toHaveLength(3);
    expect(summary.comparisons.map(({ name }) => name)).toContain('weight-decay=0');
    expect(summary.selected.variant).not.toBe('weight-decay=0');
  });

  it('survives JSON: no NaN or infinity anywhere', () => {
    const summary = summarise(
      outcome(1, 1, () => ({ losses: [1] })),
      circumstances,
    );
    expect(JSON.parse(JSON.stringify(summary))).toEqual(summary);
    for (const bad of [NaN, Infinity])
      expect(() =>
        summarise(
          outcome(1, 1, () => ({ losses: [1], testLoss: bad })),
          circumstances,
        ),
      ).toThrow(`test.loss is ${bad}: nothing was written`);
  });
});

import { defaultConfig } from '../train/settings.js';
import { describe, expect, it } from 'vitest';
import { experimentById, experimentName, experiments } from './catalogue.js';
import { publishedFigures } from './published.js';
import type { TrainConfig } from '../train/types.js';

type Row = readonly [
  exp: string,
  names: readonly string[],
  hidden: readonly number[],
  dropout: readonly number[],
  weightDecay: readonly number[],
  learningRate: readonly number[],
  batchSize: readonly number[],
  epochs: number,
  patience: number | null,
  validation: number,
];

/** The specification, written out a second time. A list of one value holds for every variant. */
const rows: readonly Row[] = [
  ['0', ['baseline'], [128], [0], [0], [1e-3], [128], 500, null, 0],
  ['1', ['baseline'], [128], [0], [0], [1e-3], [128], 50, null, 0.2],
  ['2', ['dropout=0.5', 'dropout=0.3'], [128], [0.5, 0.3], [0], [1e-3], [128], 50, 10, 0.2],
  ['3', ['hidden=256,128'], [256, 128], [0.3], [0], [1e-3], [128], 50, 10, 0.2],
  [
    '4',
    ['weight-decay=0.0001', 'weight-decay=0.0005', 'weight-decay=0.001'],
    [256, 128],
    [0.3],
    [1e-4, 5e-4, 1e-3],
    [1e-3],
    [128],
    200,
    10,
    0.2,
  ],
  [
    '5',
    ['lr=0.0001', 'lr=0.0005', 'lr=0.005', 'lr=0.001'],
    [256, 128],
    [0.3],
    [5e-4],
    [1e-4, 5e-4, 5e-3, 1e-3],
    [128],
    200,
    10,
    0.2,
  ],
  [
    '6',
    ['batch-size=32', 'batch-size=64', 'batch-size=256', 'batch-size=128'],
    [256, 128],
    [0.3],
    [5e-4],
    [1e-3],
    [32, 64, 256, 128],
    200,
    10,
    0.2,
  ],
  ['final', ['final'], [256, 128], [0.3], [5e-4], [1e-3], [128], 200, 10, 0.2],
];

describe('experiments', () => {
  it('are 0 to 6 and final', () => {
    expect(experiments.map(({ id }) => String(id))).toEqual(rows.map(([exp]) => exp));
  });

  it.each(rows)(
    'experiment %s is as specified',
    (exp, names, hidden, dropout, decays, rates, batches, epochs, patience, validation) => {
      const { variants } = experiments.find(({ id }) => String(id) === exp)!;
      const pick = (values: readonly number[], index: number): number => values[index] ?? values[0]!;
      const expected = names.map((name, index): { name: string; config: TrainConfig } => ({
        name,
        config: {
          ...defaultConfig,
          hidden,
          dropout: pick(dropout, index),
          weightDecay: pick(decays, index),
          decay: 'decoupled',
          learningRate: pick(rates, index),
          batchSize: pick(batches, index),
          epochs,
          patience,
          validation,
        },
      }));
      expect(variants).toEqual(expected);
    },
  );

  it('have names for files', () => {
    expect([experimentName(6), experimentName('final')]).toEqual(['exp6', 'final']);
  });

  it('share their variant names with the published figures', () => {
    for (const { experiment, variant } of publishedFigures)
      expect(experimentById(experiment).variants.map(({ name }) => name)).toContain(variant);
  });
});

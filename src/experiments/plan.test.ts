import { describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { experimentById } from './catalogue.js';
import { planExperiment, trainingKey, trialsOf, type Overrides } from './plan.js';
import type { ExperimentId } from './types.js';

const plan = (id: ExperimentId, overrides: Overrides = {}, seeds: readonly number[] = [0]) =>
  planExperiment(experimentById(id), overrides, seeds);
const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

describe('planExperiment', () => {
  it('leaves an experiment as it is defined', () => {
    const { variants, notes } = plan(6);
    expect(variants).toEqual(experimentById(6).variants);
    expect(notes).toEqual([]);
  });

  it('puts a setting into every variant and says what it replaced', () => {
    const { variants, notes } = plan(6, { epochs: 3 });
    expect(variants.map(({ config }) => config.epochs)).toEqual([3, 3, 3, 3]);
    expect(names(variants)).toEqual(['batch-size=32', 'batch-size=64', 'batch-size=256', 'batch-size=128']);
    expect(notes).toEqual(['--epochs 3 takes the place of 200']);
  });

  it('collapses a sweep whose setting is given', () => {
    const { variants, notes } = plan(6, { batchSize: 48 });
    expect(names(variants)).toEqual(['batch-size=48']);
    expect(variants[0]!.config.batchSize).toBe(48);
    expect(notes).toEqual([
      '--batch-size 48 takes the place of the sweep over 32, 64, 256, 128: one variant is left',
    ]);
  });

  it('keeps the sweep where the setting is another one, and its distinct values', () => {
    expect(names(plan(5, { batchSize: 32 }).variants)).toHaveLength(4);
  });

  it('does not note a setting that is the defined one', () => {
    expect(plan(6, { epochs: 200, decay: 'decoupled' }).notes).toEqual([]);
  });

  it('renames the variant of an experiment of one variant', () => {
    const { variants, notes } = plan(3, { hidden: [512] });
    expect(names(variants)).toEqual(['hidden=512']);
    expect(notes).toEqual(['--hidden 512 takes the place of 256,128']);
  });

  it('refuses patience without a validation set', () => {
    expect(() => plan(0, { patience: 5 })).toThrow(EngineError);
    expect(() => plan(0, { patience: 5 })).toThrow('--patience does not apply to experiment 0');
    expect(plan(0, { patience: null }).variants).toEqual(experimentById(0).variants);
  });

  it('takes patience with a validation set of the user', () => {
    const { variants, notes } = plan(0, { patience: 5, validation: 0.1 });
    expect(variants[0]!.config).toMatchObject({ patience: 5, validation: 0.1 });
    expect(notes).toEqual(['--patience 5 takes the place of none', '--validation 0.1 takes the place of 0']);
  });

  it('keeps the validation set of an experiment that compares validation losses', () => {
    expect(plan(2, { validation: 0.5 }).variants[0]!.config.validation).toBe(0.5);
    expect(() => plan(2, { validation: 0 })).toThrow('--validation 0 does not apply to experiment 2');
  });

  it('refuses settings that do not fit each other, by the name of the variant', () => {
    expect(() => plan(6, { epochs: 5, warmup: 5 })).toThrow('batch-size=32: warmup cannot be 5 of 5 epochs');
  });
});

describe('comparisons', () => {
  it.each([
    [0, []],
    [1, []],
    [2, ['dropout=0,patience=none']],
    [3, ['hidden=128']],
    [4, ['weight-decay=0', 'weight-decay=0.001,decay=l2']],
    [5, []],
    [6, []],
    ['final', []],
  ] as const)('of experiment %s are %j', (id, expected) => {
    expect(names(plan(id).comparisons)).toEqual(expected);
  });

  it('of experiment 2 are experiment 1', () => {
    expect(plan(2).comparisons[0]!.config).toEqual(experimentById(1).variants[0]!.config);
  });

  it('turn round with --decay', () => {
    const { variants, comparisons } = plan(4, { decay: 'l2' });
    expect(variants.map(({ config }) => config.decay)).toEqual(['l2', 'l2', 'l2']);
    expect(names(comparisons)).toEqual(['weight-decay=0', 'weight-decay=0.001,decay=decoupled']);
    expect(comparisons[1]!.config).toEqual({ ...variants[2]!.config, decay: 'decoupled' });
  });

  it('follow the settings that they do not change', () => {
    expect(plan(4, { epochs: 5, learningRate: 0.01 }).comparisons.map(({ config }) => config)).toEqual([
      { ...experimentById(4).variants[2]!.config, weightDecay: 0, epochs: 5, learningRate: 0.01 },
      { ...experimentById(4).variants[2]!.config, decay: 'l2', epochs: 5, learningRate: 0.01 },
    ]);
  });

  it('are dropped where they equal a variant', () => {
    expect(plan(4, { weightDecay: 0 }).comparisons).toEqual([]);
    expect(plan(3, { hidden: [128] }).comparisons).toEqual([]);
  });

  it("are dropped where the user's settings do not fit them, and a note says so", () => {
    const { variants, comparisons, notes } = plan(3, { dropout: [0.3, 0.2] });
    expect(names(variants)).toEqual(['hidden=256,128']);
    expect(comparisons).toEqual([]);
    expect(notes).toEqual([
      '--dropout 0.3,0.2 takes the place of 0.3',
      'the comparison hidden=128 is left out: dropout cannot be 0.3,0.2 with 1 hidden layer',
    ]);
    // A variant that they do not fit is refused.
    expect(() => plan(2, { dropout: [0.3, 0.2] })).toThrow('dropout cannot be 0.3,0.2 with 1 hidden layer');
  });

  it('are refused where their own settings do not fit', () => {
    const experiment = { ...experimentById(3), comparisons: [{ hidden: [128], dropout: [0.3, 0.2] }] };
    expect(() => planExperiment(experiment, {}, [0])).toThrow(
      'hidden=128,dropout=0.3,0.2: dropout cannot be 0.3,0.2 with 1 hidden layer',
    );
  });
});

describe('trialsOf', () => {
  it('lists every variant and comparison with every seed', () => {
    const trials = trialsOf(plan(3, {}, [7, 8]));
    expect(trials.map(({ variant, seed }) => `${variant} ${seed}`)).toEqual([
      'hidden=256,128 7',
      'hidden=256,128 8',
      'hidden=128 7',
      'hidden=128 8',
    ]);
  });
});

describe('trainingKey', () => {
  const { config } = experimentById(6).variants[0]!;
  it('does not depend on the order of the keys', () => {
    const reversed = Object.fromEntries(Object.entries(config).reverse()) as typeof config;
    expect(trainingKey(reversed)).toBe(trainingKey(config));
  });
  it('ignores the mode of decay only where nothing decays', () => {
    expect(trainingKey({ ...config, decay: 'l2' })).not.toBe(trainingKey(config));
    const none = { ...config, weightDecay: 0 };
    expect(trainingKey({ ...none, decay: 'l2' })).toBe(trainingKey(none));
  });
  it('tells every other setting apart', () => {
    const others: Partial<typeof config>[] = [
      { hidden: [128] },
      { dropout: 0 },
      { weightDecay: 0 },
      { learningRate: 1 },
      { batchSize: 1 },
      { epochs: 1 },
      { patience: null },
      { validation: 0 },
      { lrSchedule: 'cosine' },
      { warmup: 1 },
      { labelSmoothing: 0.1 },
    ];
    const keys = others.map((other) => trainingKey({ ...config, ...other }));
    expect(new Set([trainingKey(config), ...keys]).size).toBe(others.length + 1);
  });
});

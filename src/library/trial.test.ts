import { describe, expect, it } from 'vitest';
import { createTrial, defaultConfig, EngineError, experiments, type TrialSettings } from '../index.js';
import { checkTrial } from './train.js';

describe('createTrial', () => {
  it('fills in what is left out', () => {
    expect(createTrial()).toEqual({ variant: 'network', seed: 0, config: defaultConfig });
    const { variant, seed, config } = createTrial({ name: 'wide', seed: 3, hidden: [512] });
    expect({ variant, seed, config }).toEqual({
      variant: 'wide',
      seed: 3,
      config: { ...defaultConfig, hidden: [512] },
    });
  });

  it('takes the settings of SGD and of clipping', () => {
    const settings = { optimizer: 'sgd', momentum: 0.5, clipNorm: 1 } as const;
    expect(createTrial(settings).config).toEqual({ ...defaultConfig, ...settings });
  });

  it('has no patience where nothing is held out', () => {
    expect(createTrial({ validation: 0 }).config).toEqual({
      ...defaultConfig,
      validation: 0,
      patience: null,
    });
  });

  it('takes undefined as left out, as JavaScript callers write it', () => {
    const settings = { epochs: undefined, hidden: undefined } as unknown as TrialSettings;
    expect(createTrial(settings).config).toEqual(defaultConfig);
  });

  it.each<[string, Record<string, unknown>]>([
    ['hidden', { hidden: [0] }],
    ['hidden', { hidden: [1.5] }],
    ['hidden', { hidden: [65_537] }],
    ['dropout', { dropout: 1 }],
    ['dropout', { dropout: -0.1 }],
    ['dropout', { dropout: Number.NaN }],
    ['dropout', { dropout: 0.5, hidden: [] }],
    ['weightDecay', { weightDecay: -1 }],
    ['weightDecay', { weightDecay: 1e39 }],
    ['decay', { decay: 'none' }],
    ['optimizer', { optimizer: 'adam' }],
    ['momentum', { optimizer: 'sgd', momentum: 1 }],
    ['momentum', { momentum: 0.5 }],
    ['clipNorm', { clipNorm: 0 }],
    ['clipNorm', { clipNorm: 1e-50 }],
    ['learningRate', { learningRate: 0 }],
    ['learningRate', { learningRate: 1e-50 }],
    ['learningRate', { learningRate: Infinity }],
    ['batchSize', { batchSize: 0 }],
    ['epochs', { epochs: 0 }],
    ['patience', { patience: 0 }],
    ['patience', { patience: 5, validation: 0 }],
    ['validation', { validation: 1 }],
    ['seed', { seed: -1 }],
    ['seed', { seed: 0.5 }],
    ['learningrate', { learningrate: 0.1 }],
  ])('refuses %s: %j', (setting, settings) => {
    expect(() => createTrial(settings)).toThrow(EngineError);
    expect(() => createTrial(settings)).toThrow(setting);
  });
});

it('checkTrial accepts every variant of the series', () => {
  for (const { variants } of experiments)
    for (const { name, config } of variants) checkTrial({ variant: name, seed: 0, config });
});

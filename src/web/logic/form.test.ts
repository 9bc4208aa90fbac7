import { describe, expect, it } from 'vitest';
import { settingKeys } from '../../train/settings.js';
import {
  addressOf,
  namesOf,
  planOf,
  standardConfig,
  standardForm,
  standardPlan,
  trialOf,
  type Plan,
} from './form.js';

const second = { ...standardForm, learningRate: '0.01', optimizer: 'sgd', seed: '7' };

describe('the address', () => {
  it('is empty for the standard plan', () => {
    expect(addressOf(standardPlan)).toBe('');
    expect(planOf('')).toEqual(standardPlan);
  });

  it.each<[string, Plan, string]>([
    ['other data', { ...standardPlan, data: 'synthetic:1000/500' }, 'data=synthetic:1000/500'],
    ['widths', { ...standardPlan, first: { ...standardForm, hidden: '256,128' } }, 'hidden=256,128'],
    ['a second setting', { ...standardPlan, second }, 'b.optimizer=sgd&b.lr=0.01&b.seed=7'],
    ['a second setting that is the same', { ...standardPlan, second: standardForm }, 'b.seed=0'],
    [
      'what cannot be used',
      { ...standardPlan, first: { ...standardForm, epochs: 'many & more' } },
      'epochs=many+%26+more',
    ],
  ])('holds %s, and gives it back', (_, plan, address) => {
    expect(addressOf(plan)).toBe(address);
    expect(planOf(`#${address}`)).toEqual(plan);
  });

  it('is read as far as it makes sense', () => {
    const { data, first } = planOf(`#unknown=1&hidden=${'9'.repeat(9999)}&seed=3&seed=4`);
    expect(data).toBe(standardPlan.data);
    expect(first.hidden).toHaveLength(200);
    expect(first.seed).toBe('3');
  });
});

describe('a form', () => {
  it('gives the trial that it shows', () => {
    expect(trialOf(standardForm, 'network')).toEqual({
      trial: { name: 'network', seed: 0, config: standardConfig },
      faults: null,
    });
  });

  it('takes every setting as the command line spells it', () => {
    const { trial } = trialOf({ ...standardForm, hidden: ' 256,128 ', patience: 'none', clipNorm: '1' }, 'a');
    expect(trial?.config).toMatchObject({ hidden: [256, 128], patience: null, clipNorm: 1 });
    expect(Object.keys(trial!.config).sort()).toEqual([...settingKeys].sort());
  });

  it('says what is wrong at each field', () => {
    const form = { ...standardForm, epochs: '0', learningRate: 'fast', seed: '-1' };
    expect(trialOf(form, 'a').faults).toEqual({
      epochs: 'Expected: a whole number from 1 to 1000000.',
      learningRate: 'Expected: a number above 0, finite in float32.',
      seed: 'Expected: a whole number from 0 to 4294967295.',
    });
  });

  it('says what does not fit together', () => {
    const { faults } = trialOf({ ...standardForm, validation: '0' }, 'a');
    expect(faults?.all).toMatch(/patience cannot be 10.*Expected: null without a validation set/);
  });
});

it('two settings are named by what they differ in', () => {
  expect(namesOf(standardForm, null)).toEqual(['network']);
  expect(namesOf(standardForm, standardForm)).toEqual(['A', 'B']);
  expect(namesOf(standardForm, { ...standardForm, dropout: '0.5' })).toEqual([
    'A: dropout=0.2',
    'B: dropout=0.5',
  ]);
});

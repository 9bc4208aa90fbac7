import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { check, type Schema } from '../base/schema.js';
import { settingKeys, settings, type SettingKey, type Setting } from '../train/settings.js';
import { experiments } from './catalogue.js';
import {
  definitionFile,
  definitionOf,
  definitionSchema,
  experimentOf,
  sweepDefinition,
} from './definition.js';
import { concludeSweep } from './lessons/sweep.js';
import { planExperiment, trialsOf } from './plan.js';
import { readAxes } from './points.js';
import type { Definition } from './types.js';

/** As a file is read. */
function read(content: unknown): Definition {
  const { value, fault } = check(definitionSchema, JSON.parse(JSON.stringify(content)) as unknown);
  if (fault !== null) throw new Error(`${fault.path}: found ${fault.found}, expected ${fault.expected}`);
  return definitionOf(value, 'file.json');
}

describe('an experiment file', () => {
  it.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
    'of experiment %s trains what the experiment trains',
    (_, experiment) => {
      const again = experimentOf('sweep', read(definitionFile(experiment)), concludeSweep);
      const seeds = [0, 1];
      const configs = (of: typeof again | typeof experiment): unknown[] =>
        trialsOf(planExperiment(of, {}, seeds)).map(({ config, seed }) => ({ config, seed }));
      expect(configs(again)).toEqual(configs(experiment));
      expect(again.title).toBe(experiment.title);
      expect(again.asks).toBe(experiment.asks);
    },
  );

  it('of a sweep on the command line gives it back', () => {
    const axes = readAxes('lr=1e-4..1e-2:log hidden=64/128,64', '--sweep');
    const definition = sweepDefinition(axes, { sample: 7, halving: 3 });
    expect(read(definitionFile(definition))).toEqual(definition);
  });

  it('needs no more than a title', () => {
    const { variants } = experimentOf('sweep', read({ schema: 1, title: 'one network' }), concludeSweep);
    expect(variants.map(({ name }) => name)).toEqual(['baseline']);
  });

  it.each([
    ['another schema', { schema: 2, title: 'a' }, 'schema: found 2, expected 1'],
    ['no title', { schema: 1 }, 'title: found nothing'],
    ['an unknown key', { schema: 1, title: 'a', sweeps: {} }, 'found the key "sweeps"'],
    ['a name of code', { schema: 1, title: 'a', base: { learningRate: 1 } }, 'base: found the key'],
    ['a value of another type', { schema: 1, title: 'a', base: { lr: '1' } }, 'base.lr: found "1"'],
    ['a value out of range', { schema: 1, title: 'a', sweep: { lr: [1, 0] } }, 'sweep.lr'],
    ['no values', { schema: 1, title: 'a', sweep: { lr: [] } }, 'sweep.lr'],
    ['a text that is no range', { schema: 1, title: 'a', sweep: { lr: 'some' } }, 'sweep.lr of file.json'],
    ['halving by one', { schema: 1, title: 'a', halving: 1 }, 'halving: found 1'],
    ['too large a sample', { schema: 1, title: 'a', sample: 20_000 }, 'sample: found 20000'],
    ['a decay in a comparison', { schema: 1, title: 'a', comparisons: [{ decay: 'l2' }] }, 'comparisons'],
  ])('with %s is refused', (_, content, message) => {
    expect(() => read(content)).toThrow(message);
  });
});

describe('a sweep', () => {
  const sweep = (written: string, halving: number | null = null) =>
    experimentOf(
      'sweep',
      sweepDefinition(readAxes(written, '--sweep'), { sample: null, halving }),
      concludeSweep,
    );

  it('names variants by all that is swept, and asks for it', () => {
    const { variants, title, asks } = sweep('lr=0.001,0.01 dropout=0.1,0.3');
    expect(variants.map(({ name }) => name)).toEqual([
      'lr=0.001,dropout=0.1',
      'lr=0.001,dropout=0.3',
      'lr=0.01,dropout=0.1',
      'lr=0.01,dropout=0.3',
    ]);
    expect(title).toBe('lr and dropout');
    expect(asks).toBe('Which lr and dropout give the lowest validation loss?');
  });

  it('collapses where a setting is given beside it', () => {
    const plan = planExperiment(sweep('lr=0.001,0.01 dropout=0.1,0.3'), { learningRate: 0.5 }, [0]);
    expect(plan.variants.map(({ name }) => name)).toEqual(['lr=0.5,dropout=0.1', 'lr=0.5,dropout=0.3']);
    expect(plan.notes).toEqual([
      '--lr 0.5 takes the place of the sweep over 0.001, 0.01: 2 variants are left',
    ]);
  });

  it('of settings that do not fit each other is refused before anything is trained', () => {
    expect(() => planExperiment(sweep('patience=1,2'), { validation: 0 }, [0])).toThrow(/validation/);
  });

  it.each([
    ['epochs that differ', 'epochs=10,20,30', {}, 'variants of different epochs'],
    ['fewer variants than it divides by', 'lr=1,2', {}, '2 variants'],
  ])('is not halved with %s', (_, written, overrides, found) => {
    expect(() => planExperiment(sweep(written, 3), overrides, [0])).toThrow(
      expect.objectContaining({ kind: 'usage', found }) as Error,
    );
  });
});

/** `npx vitest run src/experiments/definition -u` writes it anew. */
const schemaFile = '../../docs/experiment.schema.json';

/** The JSON types that a setting takes, found by trying; its range is in the words of its schema. */
function jsonSchemaOf(key: SettingKey): object {
  const { help, schema, choices, standard, value }: Setting<unknown> = settings[key];
  const takes = (found: unknown): boolean => check(schema as Schema, found).fault === null;
  const expected = check(schema as Schema, Symbol()).fault!.expected;
  const samples = [standard, 0, 0.25, 1, 3, [3], [0.25]];
  const isOf = (type: string): boolean => samples.some((each) => typeof each === type && takes(each));
  const lists = samples.filter((each) => Array.isArray(each)).some(takes);
  const isWhole = isOf('number') && !takes(0.25) && !takes(1.5);
  const types = [
    ...(isOf('number') ? [isWhole ? 'integer' : 'number'] : []),
    ...(isOf('string') ? ['string'] : []),
    ...(lists ? ['array'] : []),
    ...(takes(null) ? ['null'] : []),
  ];
  return {
    description: `${help}; ${expected}; on the command line ${value}`,
    type: types.length === 1 ? types[0] : types,
    ...(choices !== undefined && { enum: choices }),
    ...(lists && { items: { type: 'number' } }),
  };
}

function experimentSchema(): object {
  const each = (of: (key: SettingKey) => object): object => ({
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(settingKeys.map((key) => [settings[key].name, of(key)])),
  });
  const setting = (key: SettingKey): object => ({ $ref: `#/definitions/${settings[key].name}` });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'An experiment of wgsl-train, for train --experiment FILE',
    type: 'object',
    additionalProperties: false,
    required: ['schema', 'title'],
    properties: {
      $schema: { type: 'string' },
      schema: { const: 1 },
      title: { type: 'string', maxLength: 1000 },
      question: { type: 'string' },
      base: { description: 'settings of every variant; others have their default', ...each(setting) },
      sweep: {
        description: 'what varies; without sample, every combination is trained',
        ...each((key) => ({
          anyOf: [
            { type: 'array', minItems: 1, items: setting(key) },
            {
              type: 'string',
              pattern: '^[^.]+.*[.][.].+$',
              description: 'a range: 1e-4..1e-2, or 1e-4..1e-2:log',
            },
          ],
        })),
      },
      sample: { description: 'points to draw at random', type: 'integer', minimum: 1, maximum: 10_000 },
      halving: {
        description: 'successive halving: one variant in so many goes on from round to round',
        type: 'integer',
        minimum: 2,
        maximum: 100,
      },
      comparisons: {
        description: 'trained beside the variants, never selected: changes to the last variant',
        type: 'array',
        items: each((key) => (key === 'decay' ? { const: 'the other' } : setting(key))),
      },
    },
    definitions: Object.fromEntries(settingKeys.map((key) => [settings[key].name, jsonSchemaOf(key)])),
  };
}

describe('the published schema', () => {
  const validate = new Ajv({ allErrors: true }).compile(experimentSchema());

  it('is the one in the docs', async () => {
    await expect(`${JSON.stringify(experimentSchema(), null, 2)}\n`).toMatchFileSnapshot(schemaFile);
  });

  it.each(experiments.map((experiment) => [experiment.id, experiment] as const))(
    'takes experiment %s as it is printed',
    (_, experiment) => {
      const isValid = validate(JSON.parse(JSON.stringify(definitionFile(experiment))));
      expect(validate.errors ?? []).toEqual([]);
      expect(isValid).toBe(true);
    },
  );

  it('takes a sweep with a range, and what a list of a setting may be', () => {
    const axes = readAxes('lr=1e-4..1e-2:log hidden=64/128,64', '--sweep');
    const file = { $schema: 'x', ...definitionFile(sweepDefinition(axes, { sample: 7, halving: 3 })) };
    expect(validate(JSON.parse(JSON.stringify(file)))).toBe(true);
    expect(() => read(file)).not.toThrow();
  });

  it.each([
    [{ schema: 1 }],
    [{ schema: 2, title: 'a' }],
    [{ schema: 1, title: 'a', sweeps: {} }],
    [{ schema: 1, title: 'a', base: { learningRate: 1 } }],
    [{ schema: 1, title: 'a', base: { lr: '1' } }],
    [{ schema: 1, title: 'a', sweep: { lr: 'some' } }],
    [{ schema: 1, title: 'a', halving: 1 }],
    [{ schema: 1, title: 'a', comparisons: [{ decay: 'l2' }] }],
  ])('refuses what the command refuses: %j', (content) => {
    expect(validate(content)).toBe(false);
    expect(() => read(content)).toThrow();
  });
});

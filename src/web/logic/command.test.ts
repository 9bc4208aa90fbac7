import { expect, it } from 'vitest';
import { command } from '../../cli/commands/train.js';
import { experimentById } from '../../experiments/catalogue.js';
import { planExperiment } from '../../experiments/plan.js';
import { baseOfCommand, commandOf } from './command.js';
import { standardForm, trialOf, type Form } from './form.js';

const forms: readonly [string, Partial<Form>][] = [
  ['the standard setting', {}],
  [
    'other settings',
    { hidden: '32,16', dropout: '0.1,0.2', weightDecay: '1e-4', decay: 'l2', lrSchedule: 'cosine' },
  ],
  ['no validation', { validation: '0', patience: 'none', clipNorm: '1.5', labelSmoothing: '0.1', seed: '7' }],
  ['SGD', { optimizer: 'sgd', momentum: '0.5', warmup: '2', batchSize: '17' }],
];

it.each(forms)('the command trains %s', (_, changes) => {
  const { trial } = trialOf({ ...standardForm, ...changes }, 'network');
  const line = commandOf('synthetic:300/100', trial!)!;
  const [node, script, ...argv] = line.split(' ');
  expect([node, script]).toEqual(['node', 'scripts/train.js']);
  const { data, seed, ...settings } = command.read(argv);
  expect({ data, seed }).toEqual({ data: 'synthetic:300/100', seed: trial!.seed });
  const overrides = Object.fromEntries(
    Object.keys(trial!.config).flatMap((key) => {
      const value: unknown = (settings as Record<string, unknown>)[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const plan = planExperiment(experimentById(0), overrides, [seed]);
  expect(plan.variants.map(({ config }) => config)).toEqual([trial!.config]);
  expect(plan.comparisons).toEqual([]);
});

it('its base is that of experiment 0', () => {
  expect(experimentById(0).base).toEqual(baseOfCommand);
});

it('a person names the folder of files that were opened; there is none for drawings', () => {
  const { trial } = trialOf(standardForm, 'network');
  for (const data of ['opened-files', 'kmnist/'])
    expect(commandOf(data, trial!)).toContain(' --data FOLDER ');
  expect(commandOf('own-drawings', trial!)).toBeNull();
});

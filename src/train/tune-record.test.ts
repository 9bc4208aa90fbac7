/** What a real training says that it ran, under the rules and under a tuning file's entries. */
import { afterEach, expect, it } from 'vitest';
import { openGpu, type Gpu, type TuningEntry } from '../gpu/index.js';
import { describePlan, planTraining, train } from './index.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { trial } from './testing/trials.js';

const opened: Gpu[] = [];
afterEach(() => {
  for (const gpu of opened.splice(0)) {
    gpu.check();
    gpu.close();
  }
});

const dataset = tinyDataset();
const trials = [trial({ epochs: 1 }), trial({ epochs: 1 }, 1), trial({ epochs: 1, hidden: [6] }, 2)];

async function kernelsUnder(tuning: readonly TuningEntry[]) {
  const gpu = await openGpu({ tuning });
  opened.push(gpu);
  const training = planTraining(gpu.traits, dataset, trials);
  const results = await train(gpu, training);
  return { plan: describePlan(training), kernels: results.map(({ kernels }) => kernels) };
}

it('is what --print-plan shows, dispatch by dispatch', async () => {
  const { plan, kernels } = await kernelsUnder([]);
  expect(kernels).toHaveLength(3);
  // Seeds side by side ran the same dispatches.
  expect(kernels[1]).toEqual(kernels[0]);
  for (const { training, evaluation } of kernels) {
    expect(training.map((line) => line.split(' ')[0])).toEqual([
      'layer0',
      'layer1.loss',
      'layer1.input',
      'layer1.parameters',
      'layer0.parameters',
    ]);
    expect(evaluation.at(-1)).toBe('confusion confusion');
    for (const line of [...training, ...evaluation])
      expect(plan).toMatch(new RegExp(line.replaceAll('.', '\\.').replace(' ', ' +')));
  }
});

it('follows the entries, for the training step and for evaluation', async () => {
  const usual = (await kernelsUnder([])).kernels[0]!;
  // One that the rules do not choose here, so that the entry is what chose it.
  const variant = (['tile', 'register'] as const).find((each) => !usual.training[0]!.endsWith(`.${each}`))!;
  const { kernels } = await kernelsUnder([{ kernel: 'dense_forward_images', rows: 4, variant }]);
  expect(kernels[0]!.training[0]).toBe(`layer0 dense_forward_images.${variant}`);
  // Of other rows, so by the rules.
  expect(kernels[0]!.evaluation).toEqual(usual.evaluation);
  const everywhere = await kernelsUnder([{ variant: 'register' }]);
  for (const { training, evaluation } of everywhere.kernels)
    for (const line of [...training, ...evaluation].filter((each) => each.includes('dense')))
      expect(line).toMatch(/\.register$/);
});

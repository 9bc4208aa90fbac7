import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openGpu, type Gpu } from '../gpu/index.js';
import type { NamedParameters, TrialWeights } from './types.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.check();
  gpu.close();
});

function sha256(parameters: NamedParameters): string {
  const hash = createHash('sha256');
  for (const { data } of parameters.values()) hash.update(data);
  return hash.digest('hex');
}

test('each trial hands out the weights that its results are measured with, and its last ones', async () => {
  const dataset = tinyDataset({ randomLabels: true });
  // The first one stops early, the second one runs to its end, and the third keeps its last weights.
  const trials = [
    trial({ epochs: 9, learningRate: 0.3, patience: 1 }, 1),
    trial({ epochs: 9, learningRate: 1e-4, patience: 9 }, 2),
  ];
  const found: TrialWeights[] = [];
  const onWeights = (weights: TrialWeights): void => {
    found.push(weights);
  };
  const early = await train(gpu, dataset, trials, { onWeights });
  const whole = await train(gpu, dataset, [trial({ epochs: 3, learningRate: 0.3 }, 3)], { onWeights });
  const results = [...early, ...whole];
  expect(found.map((weights) => weights.trial)).toEqual(results.map((result) => result.trial));
  for (const [i, { best, last }] of found.entries()) {
    const { weightsSha256, history, trial: of } = results[i]!;
    expect(sha256(best.parameters), 'what the results were measured with').toBe(weightsSha256);
    expect(last.epoch).toBe(history.length);
    expect(best.epoch).toBe(of.config.patience === null ? last.epoch : results[i]!.best!.epoch);
    if (best.epoch !== last.epoch) expect(sha256(last.parameters)).not.toBe(weightsSha256);
    expect([...best.parameters].map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['layer0.weight', dataset.rows * dataset.columns, 8],
      ['layer0.bias', 8],
      ['layer1.weight', 8, dataset.classes],
      ['layer1.bias', dataset.classes],
    ]);
  }
  expect(found[0]!.best.epoch, 'stopped early').toBeLessThan(found[0]!.last.epoch);
});

test('the last weights are those of a training that ends there', async () => {
  const dataset = tinyDataset({ randomLabels: true });
  const found: TrialWeights[] = [];
  const settings = { epochs: 9, learningRate: 0.3, patience: 1 };
  const [result] = await train(gpu, dataset, [trial(settings, 1)], {
    onWeights: (weights) => {
      found.push(weights);
    },
  });
  const epochs = result!.history.length;
  const [again] = await train(gpu, dataset, [trial({ ...settings, epochs, patience: null }, 1)]);
  expect(sha256(found[0]!.last.parameters)).toBe(again!.weightsSha256);
});

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  checkpointsIn,
  createTrial,
  EngineError,
  fromSafetensors,
  train,
  type NamedParameters,
  type TrialResult,
} from '../index.js';
import { useGpu } from '../../kernels.test/kernels/support.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';
import { outcome } from '../train/testing/trials.js';

const gpu = useGpu();
const dataset = tinyDataset({ train: 60, test: 30 });
const trials = [0.02, 0.002].map((learningRate) =>
  createTrial({ name: `lr ${learningRate}`, hidden: [8], batchSize: 16, epochs: 8, learningRate }),
);

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-checkpoints-'));
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

async function trainUntil(lastEpoch: number, directory = home): Promise<TrialResult[] | null> {
  const controller = new AbortController();
  try {
    return await train(gpu(), dataset, trials, {
      ...checkpointsIn(directory, gpu(), dataset),
      signal: controller.signal,
      onEpoch: ({ epoch }) => {
        if (epoch === lastEpoch) controller.abort();
      },
    });
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'interrupted') return null;
    throw error;
  }
}

it('a training that is begun again goes on, and ends with the bits of one that ran through', async () => {
  const whole = await train(gpu(), dataset, trials);
  for (const epoch of [2, 3, 6]) expect(await trainUntil(epoch)).toBeNull();
  const results = await trainUntil(Infinity);
  expect(results!.map(outcome)).toEqual(whole.map(outcome));
  // What is done is measured again, not trained.
  const again = await trainUntil(Infinity);
  expect(again!.map(outcome)).toEqual(whole.map(outcome));
});

it('its files hold the weights for predict, too', async () => {
  const kept: NamedParameters[] = [];
  await train(gpu(), dataset, trials, {
    ...checkpointsIn(home, gpu(), dataset),
    onWeights: ({ best }) => kept.push(best.parameters),
  });
  const bytes = readFileSync(join(home, 'checkpoints', 'lr_0.02-seed0', 'best.safetensors'));
  const found = fromSafetensors(bytes);
  expect([...found.keys()].sort()).toEqual([...kept[0]!.keys()].sort());
  for (const [name, tensor] of kept[0]!) expect(found.get(name)).toEqual(tensor);
});

it('refuses what is damaged or of other data', async () => {
  await trainUntil(2);
  const other = { ...dataset, sha256: 'cd'.repeat(32) };
  await expect(train(gpu(), other, trials, checkpointsIn(home, gpu(), other))).rejects.toThrow(
    'the data set is another one',
  );
  const path = join(home, 'checkpoints', 'lr_0.02-seed0', 'last.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(path, bytes);
  await expect(trainUntil(Infinity)).rejects.toThrow('its tensors are damaged');
});

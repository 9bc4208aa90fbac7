import { describe, expect, it } from 'vitest';
import {
  createDataset,
  createTrial,
  EngineError,
  fromSafetensors,
  predict,
  toSafetensors,
  train,
  trainExperiment,
  type Dataset,
  type ExperimentId,
  type NamedParameters,
  type Trial,
} from '../index.js';
import { imageBytes } from '../data/dataset.js';
import { useGpu } from '../../kernels.test/kernels/support.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';

const gpu = useGpu();

const dataset = tinyDataset({ train: 60, test: 30 });
const trial = createTrial({ hidden: [8], batchSize: 16, epochs: 8, learningRate: 0.02 });

function failure(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
}

describe('train', () => {
  it('calls back, and gives weights that predict what was measured', async () => {
    const epochs: number[] = [];
    const steps: number[] = [];
    const weights = new Map<string, NamedParameters>();
    const [result] = await train(gpu(), dataset, [trial], {
      onEpoch: ({ epoch }) => epochs.push(epoch),
      onProgress: ({ step }) => steps.push(step),
      onWeights: ({ trial: { variant }, best }) => weights.set(variant, best.parameters),
    });
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8].slice(0, result!.history.length));
    expect(steps.length).toBeGreaterThanOrEqual(epochs.length);
    const { classes, probabilities } = await predict(
      gpu(),
      weights.get('network')!,
      imageBytes(dataset.test),
    );
    const correct = classes.filter((found, i) => found === dataset.test.labels[i]).length;
    expect(correct / dataset.test.count).toBe(result!.test.accuracy);
    expect(probabilities).toHaveLength(3 * dataset.test.count);
    expect(probabilities.subarray(0, 3).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    await expect(predict(gpu(), weights.get('network')!, new Uint8Array(16))).rejects.toThrow(
      'not for this network',
    );
  });

  it('gives weights that survive a file', async () => {
    const kept: NamedParameters[] = [];
    await train(gpu(), dataset, [trial], { onWeights: ({ best }) => kept.push(best.parameters) });
    const bytes = toSafetensors(kept[0]!, { note: 'mine' });
    expect(fromSafetensors(bytes)).toEqual(kept[0]);
    expect(() => fromSafetensors(bytes.subarray(0, -4), 'a.safetensors')).toThrow(/^a\.safetensors: /);
    const other = toSafetensors(new Map([['weight', { shape: [1], data: new Float32Array(1) }]]));
    expect(() => fromSafetensors(other)).toThrow(/^the file: /);
  });

  it('trains without hidden layers', async () => {
    const [result] = await train(gpu(), dataset, [createTrial({ hidden: [], epochs: 2, batchSize: 16 })]);
    expect(result!.history).toHaveLength(2);
  });

  it('stops at the signal, before the first step and between two', async () => {
    const interrupted = expect.objectContaining({ kind: 'interrupted' }) as unknown;
    expect(await failure(train(gpu(), dataset, [trial], { signal: AbortSignal.abort() }))).toEqual(
      interrupted,
    );
    const controller = new AbortController();
    const epochs: number[] = [];
    const stopped = train(gpu(), dataset, [trial], {
      signal: controller.signal,
      onEpoch: ({ epoch }) => {
        epochs.push(epoch);
        if (epoch === 2) controller.abort();
      },
    });
    expect(await failure(stopped)).toEqual(interrupted);
    expect(epochs).toEqual([1, 2]);
    expect(gpu().count().buffers).toBe(0);
  });

  it('throws what a callback throws, and leaves nothing on the device', async () => {
    const own = new Error('my callback');
    const onEpoch = (): never => {
      throw own;
    };
    expect(await failure(train(gpu(), dataset, [trial], { onEpoch }))).toBe(own);
    expect(gpu().count().buffers).toBe(0);
  });

  it.each<[string, Dataset, Trial]>([
    ['a trial by hand', dataset, { ...trial, config: { ...trial.config, dropout: 1 } }],
    ['a data set by hand', { ...dataset, classes: 2, classNames: ['a', 'b'] }, trial],
    [
      'a set that is too small to hold images out',
      createDataset({
        images: new Uint8Array(4),
        labels: [0, 1, 0, 1],
        rows: 1,
        columns: 1,
        test: { share: 0.5 },
      }),
      trial,
    ],
  ])('refuses %s', async (_, data, one) => {
    const error = await failure(train(gpu(), data, [one]));
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ kind: 'usage' });
  });
});

describe('trainExperiment', () => {
  it('trains the variants, selects one and concludes', async () => {
    const seen = new Set<string>();
    const result = await trainExperiment(gpu(), dataset, 2, {
      overrides: { epochs: 2, batchSize: 16 },
      onEpoch: ({ trials }) => {
        for (const each of trials) seen.add(each.trial.variant);
      },
    });
    expect(result.variants.map(({ name }) => name)).toEqual(['dropout=0.5', 'dropout=0.3']);
    expect(seen).toContain('dropout=0.3');
    expect(result.variants).toContain(result.selected.variant);
    expect(result.conclusions.join(' ')).toContain('One seed');
  });

  it('refuses an unknown experiment, no seed, and settings that no network has', async () => {
    const unknown = trainExperiment(gpu(), dataset, 7 as ExperimentId);
    await expect(unknown).rejects.toThrow('there is no experiment 7');
    await expect(trainExperiment(gpu(), dataset, 2, { seeds: [] })).rejects.toThrow('needs a seed');
    const rate = trainExperiment(gpu(), dataset, 2, { overrides: { learningRate: -1 } });
    await expect(rate).rejects.toThrow('learningRate cannot be -1');
  });
});

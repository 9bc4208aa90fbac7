import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EngineError, type ErrorKind } from '../base/errors.js';
import { splitIndices } from '../data/split.js';
import { openGpu, type Gpu } from '../gpu/index.js';
import type { EpochReport, ProgressReport, TrialResult } from './index.js';
import { pick, tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterEach(() => {
  gpu.check();
  expect(gpu.count(), 'buffers are left').toEqual({ buffers: 0, bytes: 0 });
});
afterAll(() => {
  gpu.close();
});

/** The error that a training ends with. */
async function failure(kind: ErrorKind, training: Promise<unknown>): Promise<EngineError> {
  const error: unknown = await training.then(
    () => new Error('the training came to its end'),
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError && error.kind === kind) return error;
  throw error;
}

test('no trials, no results', async () => {
  expect(await train(gpu, tinyDataset(), [])).toEqual([]);
});

test('learns a separable set by heart, and what it shows', async () => {
  const dataset = tinyDataset({ train: 60, test: 30 });
  const [result] = await train(gpu, dataset, [
    trial({ hidden: [16], learningRate: 0.02, epochs: 25, batchSize: 8, validation: 0 }),
  ]);
  expect(result!.history[0]!.train.accuracy).toBeLessThan(1);
  expect(result!.history.at(-1)!.train.accuracy).toBe(1);
  expect(result!.test.accuracy).toBe(1);
  expect(result).toMatchObject({ stopped: 'completed', best: null });
  expect(result!.history.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
});

test('measures: a score, a confusion matrix and accuracies per class that agree', async () => {
  // Nothing to learn, so mistakes of every kind; class 3 has no test images.
  const all = tinyDataset({ classes: 4, test: 40, randomLabels: true });
  const kept = [...all.test.labels.keys()].filter((i) => all.test.labels[i] !== 3);
  const dataset = { ...all, test: pick(all.test, kept) };
  const [result] = await train(gpu, dataset, [trial({ learningRate: 0.05 })]);
  const { confusion, perClassAccuracy, test: score } = result!;
  const counts = [0, 1, 2, 3].map((label) => dataset.test.labels.filter((each) => each === label).length);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  expect(confusion.map(sum)).toEqual(counts);
  expect(counts[3]).toBe(0);
  const right = confusion.map((row, label) => row[label]!);
  expect(score.accuracy).toBe(sum(right) / dataset.test.count);
  expect(score.accuracy).toBeLessThan(1);
  expect(perClassAccuracy).toEqual(right.map((hits, label) => (label === 3 ? null : hits / counts[label]!)));
});

describe('early stopping', () => {
  // Labels by chance: validation gets worse as soon as the training set is learnt. The test set is the
  // validation set.
  const all = tinyDataset({ train: 50, randomLabels: true });
  const split = splitIndices(50, 0.2, 0);
  const dataset = { ...all, test: pick(all.train, split.validation) };
  const given = { learningRate: 0.03, hidden: [16], epochs: 60 };
  const losses = ({ history }: TrialResult): number[] => history.map(({ validation }) => validation!.loss);

  test('stops after `patience` epochs without a better one, and measures the weights of the best', async () => {
    const [result] = await train(gpu, dataset, [trial({ ...given, patience: 3 })]);
    const { best, history, stopped } = result!;
    expect(stopped).toBe('early');
    expect(best!.epoch).toBe(losses(result!).indexOf(Math.min(...losses(result!))) + 1);
    expect(history).toHaveLength(best!.epoch + 3);
    expect(history.length).toBeLessThan(60);
    // The same weights, the same images in the same order: the same bits.
    expect(result!.test).toEqual(best!.score);
    expect(result!.test).not.toEqual(history.at(-1)!.validation);
  });

  test('the weights are those that a run up to the best epoch ends with', async () => {
    const [stopped] = await train(gpu, dataset, [trial({ ...given, patience: 3 })]);
    const [short] = await train(gpu, dataset, [trial({ ...given, epochs: stopped!.best!.epoch })]);
    expect(stopped!.weightsSha256).toBe(short!.weightsSha256);
  });

  test('without patience every epoch is trained, and the last weights are the result', async () => {
    const [result] = await train(gpu, dataset, [trial({ ...given, epochs: 20 })]);
    expect(result!.stopped).toBe('completed');
    expect(result!.history).toHaveLength(20);
    expect(result!.best!.epoch).toBeLessThan(20);
    expect(result!.test).toEqual(result!.history.at(-1)!.validation);
  });

  test('patience without a validation set has nothing to watch: every epoch, and the last weights', async () => {
    const alike = [trial({ validation: 0, patience: 2 }), trial({ validation: 0 })];
    const [result, plain] = await train(gpu, dataset, alike);
    expect(result!.stopped).toBe('completed');
    expect(result!.weightsSha256).toBe(plain!.weightsSha256);
    expect(result!.test).toEqual(plain!.test);
  });

  test('patience that is never exhausted: the best weights, after all epochs', async () => {
    const [result] = await train(gpu, dataset, [trial({ ...given, epochs: 20, patience: 20 })]);
    expect(result!.stopped).toBe('completed');
    expect(result!.best!.epoch).toBeLessThan(20);
    expect(result!.test).toEqual(result!.best!.score);
  });
});

test('a result names the kernels that ran, each with its op', async () => {
  const [fused] = await train(gpu, tinyDataset(), [trial()]);
  expect(fused!.kernels.training).toHaveLength(5);
  expect(fused!.kernels.training[0]).toMatch(/^layer0 dense_forward_images\.\w+$/);
  expect(fused!.kernels.evaluation.at(-1)).toBe('confusion confusion');
  const [apart] = await train(gpu, tinyDataset(), [trial()], { fuse: false });
  expect(apart!.kernels.training).toContain('layer0.relu relu_forward');
});

describe('reports', () => {
  test('every epoch of every trial is reported once, as it stands in the results', async () => {
    const reports: EpochReport[] = [];
    const trials = [trial({ patience: 1, learningRate: 0.1 }, 1), trial({}, 2)];
    const results = await train(gpu, tinyDataset({ randomLabels: true }), trials, {
      onEpoch: (report) => reports.push(report),
    });
    for (const { trial: of, history, best } of results) {
      const mine = reports.flatMap((report) => report.trials.filter((each) => each.trial === of));
      expect(mine.map(({ record }) => record)).toEqual(history);
      const improved = mine.filter((each) => each.improved).map(({ record }) => record.epoch);
      expect(improved.at(-1)).toBe(best!.epoch);
    }
    expect(reports.map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: reports.length }, (_, i) => i + 1),
    );
    expect(reports.at(-1)!.active).toBe(0);
  });

  test('progress counts the submitted steps of an epoch up to the last', async () => {
    const seen: ProgressReport[] = [];
    await train(gpu, tinyDataset(), [trial({ epochs: 2, batchSize: 1 })], {
      onProgress: (report) => seen.push(report),
    });
    for (const epoch of [1, 2]) {
      const mine = seen.filter((report) => report.epoch === epoch);
      expect(mine.at(-1)).toMatchObject({ step: 32, steps: 32, active: 1 });
      const counts = mine.map(({ step }) => step);
      expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
    }
  });
});

describe('ends early', () => {
  test.each(['before it began', 'within an epoch', 'after an epoch'])('aborted %s', async (when) => {
    const controller = new AbortController();
    const abort = (): void => {
      controller.abort();
    };
    let epochs = 0;
    if (when === 'before it began') abort();
    const error = await failure(
      'interrupted',
      train(gpu, tinyDataset(), [trial({ epochs: 1_000 })], {
        signal: controller.signal,
        onProgress: () => {
          if (when === 'within an epoch' && epochs === 1) abort();
        },
        onEpoch: () => {
          epochs++;
          if (when === 'after an epoch') abort();
        },
      }),
    );
    expect(error.exitCode).toBe(130);
    expect(epochs).toBe(when === 'before it began' ? 0 : 1);
  });

  test('a hook that throws ends the training with its error', async () => {
    const training = train(gpu, tinyDataset(), [trial()], {
      onEpoch: () => {
        throw new RangeError('from a hook');
      },
    });
    await expect(training).rejects.toThrow(new RangeError('from a hook'));
  });

  test('a network that no device can hold is refused before anything is trained', async () => {
    const error = await failure('usage', train(gpu, tinyDataset(), [trial({ hidden: [8_000_000, 1] })]));
    expect(error.message).toMatch(/larger/);
  });
});

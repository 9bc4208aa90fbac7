import { describe, expect, it, vi } from 'vitest';
import {
  createTrial,
  EngineError,
  openGpu,
  predict,
  startTraining,
  toSafetensors,
  train,
  type EpochReport,
  type NamedParameters,
  type Pace,
  type Training,
  type TrainOptions,
  type TrialState,
  type WeightsAt,
} from '../index.js';
import { useGpu } from '../../kernels.test/kernels/support.js';
import { imageBytes } from '../data/dataset.js';
import { platform } from '../platform/index.js';
import { engineGpu } from './engine-gpu.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';
import { outcome } from '../train/testing/trials.js';

const gpu = useGpu();

const dataset = tinyDataset({ train: 200, test: 30, randomLabels: true });
const settings = { hidden: [8], batchSize: 4, epochs: 4, learningRate: 0.02, dropout: 0.2 };
const trial = createTrial(settings);
/** Many submits, which a test can stand between. */
const fine: Pace = { submitMs: 0.01, lead: 0 };

/** Begins a training. @param onProgress is told of each submit, and of the training */
function begin(
  options: TrainOptions = {},
  onSubmit: (training: Training, submit: number) => void = () => undefined,
): Training {
  let submits = 0;
  const training: Training = startTraining(gpu(), dataset, [trial], {
    pace: fine,
    onProgress: () => {
      onSubmit(training, submits++);
    },
    ...options,
  });
  return training;
}

const bytesOf = (parameters: NamedParameters): Uint8Array => toSafetensors(parameters);

const hashOf = ({ parameters }: WeightsAt): string =>
  platform.sha256(...[...parameters.values()].map(({ data }) => data));

const kind = (wanted: string): unknown => expect.objectContaining({ kind: wanted });

it('the bits do not depend on the pace, on pauses and on questions', async () => {
  const [plain] = await train(gpu(), dataset, [trial]);
  for (const pace of [{ submitMs: 1, lead: 0 }, { submitMs: 16, lead: 0 }, fine, {}]) {
    const asked: Promise<WeightsAt>[] = [];
    const training = begin({ pace }, (training, submit) => {
      asked.push(
        training.weights(0),
        training.weights(0, submit === 0 ? 'step' : 'epoch').catch(() => at0),
      );
      if (submit % 3 !== 0) return;
      training.pause();
      setTimeout(training.resume, 2);
    });
    const [result] = await training.result;
    expect(outcome(result!), JSON.stringify(pace)).toEqual(outcome(plain!));
    expect((await Promise.all(asked)).length).toBeGreaterThan(8);
  }
});

const at0: WeightsAt = { epoch: 0, step: 0, parameters: new Map() };

describe('weights', () => {
  it('asked in onEpoch are those of a training with as many epochs, to early stopping too', async () => {
    const watched = createTrial({ ...settings, learningRate: 0.1, patience: 2, epochs: 6 });
    const asked: Promise<WeightsAt>[] = [];
    const epochs: EpochReport[] = [];
    const training = startTraining(gpu(), dataset, [watched], {
      onEpoch: (report) => {
        epochs.push(report);
        asked.push(training.weights(0), training.weights(0, 'epoch'));
      },
    });
    await training.result;
    const answers = await Promise.all(asked);
    expect(epochs.some(({ trials: [first] }) => !first!.improved)).toBe(true);
    for (const [i, answer] of answers.entries()) {
      const epoch = Math.floor(i / 2) + 1;
      expect(answer).toMatchObject({ epoch, step: 0 });
      const config = { ...watched.config, epochs: epoch, patience: null };
      const [short] = await train(gpu(), dataset, [{ ...watched, config }]);
      expect(hashOf(answer), `epoch ${epoch}`).toBe(short!.weightsSha256);
    }
  });

  it('of a step are those that a training stopped there has; of an epoch, those of the last', async () => {
    const epochs: Promise<WeightsAt>[] = [];
    const asked: { readonly step: Promise<WeightsAt>; readonly epoch: Promise<WeightsAt> }[] = [];
    const training = begin({ onEpoch: () => epochs.push(training.weights(0)) }, (running, submit) => {
      if (submit % 4 === 2)
        asked.push({
          step: running.weights(0),
          epoch: running.weights(0, 'epoch').catch(() => at0),
        });
    });
    await training.result;
    expect(asked.length).toBeGreaterThan(8);
    for (const { step, epoch } of asked) {
      const now = await step;
      if (now.step === 0) continue;
      const last = await epoch;
      expect(last.epoch).toBe(now.epoch);
      if (now.epoch > 0)
        expect(bytesOf(last.parameters)).toEqual(bytesOf((await epochs[now.epoch - 1]!).parameters));
    }
    const { epoch, step, parameters } = await asked[1]!.step;
    expect(step).toBeGreaterThan(0);
    let stopped: TrialState | undefined;
    const again = startTraining(gpu(), dataset, [trial], {
      pace: fine,
      onProgress: (report) => {
        if (report.epoch === epoch + 1 && report.step === step) again.stop();
      },
      onCheckpoint: (states) => (stopped = states[0]),
    });
    await expect(again.result).rejects.toEqual(kind('interrupted'));
    expect(stopped!.last).toMatchObject({ epoch, step });
    expect(bytesOf(stopped!.last.parameters)).toEqual(bytesOf(parameters));
  });

  it('asked when the training is over are the last ones', async () => {
    const training = begin();
    const [result] = await training.result;
    const last = await training.weights(0);
    expect(last).toMatchObject({ epoch: 4, step: 0 });
    expect(hashOf(last)).toBe(result!.weightsSha256);
    expect(await training.weights(0, 'epoch')).toEqual(last);
    training.pause();
    training.resume();
    training.stop();
  });

  it('asked before the first step wait for it; no trial, no epoch yet', async () => {
    const training = begin();
    const first = training.weights(0);
    await expect(training.weights(1)).rejects.toThrow('there is no trial 1');
    await expect(training.weights(0, 'best' as 'step')).rejects.toEqual(kind('usage'));
    await expect(training.weights(0, 'epoch')).resolves.toMatchObject({ epoch: 0, step: 0 });
    expect(await first).toMatchObject({ epoch: 0, step: 0 });
    const tooEarly: Promise<unknown>[] = [];
    const later = begin({}, (running, submit) => {
      if (submit === 0) tooEarly.push(running.weights(0, 'epoch').catch((error: unknown) => error));
    });
    await Promise.all([training.result, later.result]);
    expect(await tooEarly[0]).toMatchObject({ kind: 'no-data', found: 'its first epoch is not done' });
  });

  it('of trials of several shapes: one that waits, one that is done', async () => {
    const trials = [trial, createTrial({ ...settings, hidden: [6], name: 'second' })];
    const asked: Promise<unknown>[] = [];
    const training = startTraining(gpu(), dataset, trials, {
      onEpoch: ({ epoch, trials: [first] }) => {
        if (epoch === 2)
          asked.push(training.weights(first!.trial === trial ? 1 : 0).catch((e: unknown) => e));
      },
    });
    const [first, second] = await training.result;
    const [waits, done] = await Promise.all(asked);
    expect(waits).toEqual(kind('no-data'));
    expect((waits as EngineError).message).toBe('second, seed 0 has no weights yet');
    expect(hashOf(done as WeightsAt)).toBe(first!.weightsSha256);
    expect(hashOf(await training.weights(1))).toBe(second!.weightsSha256);
  });

  it('of a trial that diverged, and of a training that failed, there are none', async () => {
    const wild = createTrial({ ...settings, name: 'wild', learningRate: 1e30 });
    const training = startTraining(gpu(), dataset, [wild, trial]);
    await expect(training.result).rejects.toEqual(kind('diverged'));
    await expect(training.weights(0)).rejects.toThrow('wild, seed 0 diverged in epoch 1');
    expect(await training.weights(1)).toMatchObject({ epoch: 4, step: 0 });
    const own = new Error('my callback');
    const failed = begin({
      onEpoch: () => {
        throw own;
      },
    });
    const asked = failed.weights(0, 'epoch');
    await expect(failed.result).rejects.toBe(own);
    await expect(failed.weights(0)).rejects.toBe(own);
    await asked.catch(() => undefined);
  });
});

describe('pause', () => {
  it('submits nothing, answers questions and does not count', async () => {
    const reports: EpochReport[] = [];
    let submits = 0;
    const paused = vi.fn();
    const training = begin({ onEpoch: (report) => reports.push(report) }, (running, submit) => {
      submits++;
      if (submit !== 6) return;
      running.pause();
      running.pause();
      setTimeout(() => {
        void whilePaused(running).then(paused);
      }, 50);
    });
    const whilePaused = async (running: Training): Promise<void> => {
      const before = submits;
      const one = await running.weights(0);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const other = await running.weights(0);
      const { classes } = await predict(gpu(), other.parameters, imageBytes(dataset.test));
      expect(classes).toHaveLength(30);
      expect(other).toEqual(one);
      expect(submits).toBe(before);
      running.resume();
      running.resume();
    };
    const started = performance.now();
    const [result] = await training.result;
    const seconds = (performance.now() - started) / 1000;
    expect(paused).toHaveBeenCalledOnce();
    expect(result!.seconds).toBeLessThan(seconds - 1);
    expect(Math.max(...reports.map((report) => report.seconds))).toBeLessThan(seconds - 1);
    const rates = reports.map(({ stepsPerSecond }) => stepsPerSecond);
    expect(Math.min(...rates)).toBeGreaterThan(Math.max(...rates) / 20);
  });

  it.each(['stop', 'signal'])('ends by %s with a checkpoint, from which a training resumes', async (how) => {
    const [whole] = await train(gpu(), dataset, [trial]);
    const controller = new AbortController();
    let state: TrialState | null = null;
    const training = begin(
      {
        signal: controller.signal,
        onCheckpoint: (states) => (state = states[0]!),
      },
      (running, submit) => {
        if (submit !== 5) return;
        running.pause();
        setTimeout(() => {
          if (how === 'stop') running.stop();
          else controller.abort();
        }, 20);
      },
    );
    await expect(training.result).rejects.toEqual(kind('interrupted'));
    await expect(training.weights(0)).rejects.toEqual(kind('interrupted'));
    expect(state!.last.step).toBeGreaterThan(0);
    const [result] = await startTraining(gpu(), dataset, [trial], { resume: () => Promise.resolve(state) })
      .result;
    expect(outcome(result!)).toEqual(outcome(whole!));
  });
});

it('a device that is lost in a pause ends the training', async () => {
  const own = await openGpu();
  const lost = startTraining(own, dataset, [trial], {
    pace: fine,
    onProgress: () => {
      lost.pause();
      setTimeout(() => {
        engineGpu(own).device.destroy();
      }, 50);
    },
  });
  await expect(lost.result).rejects.toEqual(kind('device-lost'));
  await expect(lost.weights(0)).rejects.toEqual(kind('device-lost'));
});

it('predict beside a training', async () => {
  const wide = createTrial({ ...settings, hidden: [32], epochs: 12 });
  const [alone] = await train(gpu(), dataset, [wide]);
  const training = startTraining(gpu(), dataset, [wide], { pace: { submitMs: 4, lead: 0 } });
  const progress = { isOver: false };
  const result = training.result.finally(() => (progress.isOver = true));
  let answers = 0;
  while (!progress.isOver) {
    const { parameters } = await training.weights(0);
    const { probabilities } = await predict(gpu(), parameters, imageBytes(dataset.test));
    expect(probabilities.every(Number.isFinite)).toBe(true);
    answers++;
  }
  expect(answers).toBeGreaterThan(2);
  expect((await result)[0]!.weightsSha256).toBe(alone!.weightsSha256);
});

it('onCheckpoint is awaited, and what it rejects with ends the training', async () => {
  let isSaving = false;
  const submitsWhileSaving: number[] = [];
  const options: TrainOptions = {
    checkpointDue: () => true,
    onCheckpoint: async () => {
      isSaving = true;
      await new Promise((resolve) => setTimeout(resolve, 20));
      isSaving = false;
    },
  };
  await begin(options, (_, submit) => {
    if (isSaving) submitsWhileSaving.push(submit);
  }).result;
  expect(submitsWhileSaving).toEqual([]);
  const full = new EngineError('not-written', 'full');
  await expect(begin({ ...options, onCheckpoint: () => Promise.reject(full) }).result).rejects.toBe(full);
});

it.each<[Pace, string]>([
  [{ submitMs: 0 }, 'pace.submitMs cannot be 0'],
  [{ submitMs: NaN }, 'pace.submitMs cannot be NaN'],
  [{ lead: -1 }, 'pace.lead cannot be -1'],
  [{ lead: Infinity }, 'pace.lead cannot be Infinity'],
])('refuses the pace %o', async (pace, message) => {
  expect(() => startTraining(gpu(), dataset, [trial], { pace })).toThrow(message);
  await expect(train(gpu(), dataset, [trial], { pace })).rejects.toEqual(kind('usage'));
});

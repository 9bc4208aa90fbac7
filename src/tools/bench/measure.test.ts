/**
 * Timed steps on the device: that they are the trainer's, that they train, and that nothing is left behind.
 * No times.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStepBench } from './step-bench.js';
import { defaultLimits, openGpu, type Gpu } from '../../gpu/index.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTuning } from '../../runs/tuning-file.js';
import { tuningText } from '../../kernels/index.js';
import { planMeasuredStep, StepRunner, type StepWork } from './measure.js';
import { planTraining } from '../../train/plan-training.js';
import { defaultConfig } from '../../train/settings.js';
import { fakeDataset } from '../../experiments/testing/dataset.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => {
  gpu.close();
});

const tiny: StepWork = {
  inputs: 6,
  hidden: [5, 3],
  classes: 4,
  dropout: 0.3,
  learningRate: 1e-3,
  weightDecay: 0,
  batchSize: 7,
};

describe('planMeasuredStep', () => {
  it('is the step that the trainer would run', () => {
    const dataset = fakeDataset({});
    const config = {
      ...defaultConfig,
      hidden: tiny.hidden,
      dropout: 0.3,
      weightDecay: 0,
      decay: 'decoupled',
      learningRate: 1e-3,
      batchSize: 7,
      epochs: 1,
      patience: null,
      validation: 0.2,
    } as const;
    const work = { ...tiny, inputs: dataset.rows * dataset.columns, classes: dataset.classes };
    const { groups } = planTraining(gpu.traits, dataset, [{ variant: 'a', seed: 0, config }]);
    const { training } = groups[0]!;
    const steps = (plan: typeof training.plan): unknown =>
      plan.dispatches.map(({ op, configuration: { variant, constants, grid, flops } }) => {
        return [op.kernel, op.name, variant, constants, grid, flops];
      });
    expect(steps(planMeasuredStep(work, gpu.traits).plan)).toEqual(steps(training.plan));
  });

  it('has whole batches of at least 2048 samples', () => {
    expect(planMeasuredStep(tiny, gpu.traits)).toMatchObject({ samples: 7 * 293, slots: 1024 });
    const large = planMeasuredStep({ ...tiny, batchSize: 4096 }, gpu.traits);
    expect(large).toMatchObject({ samples: 4096, slots: 64 });
  });

  it('has a slice of everything but the images for each trial', () => {
    const bytes = (trials: number): number[] =>
      planMeasuredStep(tiny, gpu.traits, trials).plan.buffers.map(({ storage, bytes: each }) =>
        storage === 'shared' ? 0 : each / trials,
      );
    expect(bytes(3)).toEqual(bytes(1));
    expect(() => planMeasuredStep(tiny, gpu.traits, 257)).toThrow('number of trials');
  });

  it('refuses what the limits do not allow', () => {
    const small = { ...gpu.traits, limits: { ...defaultLimits, maxStorageBufferBindingSize: 1 << 20 } };
    expect(() => planMeasuredStep({ ...tiny, hidden: [4096, 4096] }, small)).toThrow(
      'larger than the device',
    );
  });
});

describe('StepRunner', () => {
  it('trains: the loss on a few random samples falls; a run longer than the step table goes on', async () => {
    // One batch is all samples, in several tiles, so that its loss is that of the same images each time.
    const runner = await StepRunner.create(gpu, { ...tiny, dropout: 0, batchSize: 2048, learningRate: 0.01 });
    const first = await runner.run(1);
    const last = await runner.run(100);
    runner.release();
    expect(first).toMatchObject({ steps: 1 });
    expect(last).toMatchObject({ steps: 100 });
    // Six steps of warm-up do not take a network far from a guess among four classes.
    expect(first.loss).toBeGreaterThan(0.9 * Math.log(4));
    expect(first.loss).toBeLessThan(1.2 * Math.log(4));
    expect(last.loss).toBeLessThan(first.loss);
    for (const { ms } of [first, last]) expect(ms).toBeGreaterThan(0);
  });

  it('trains several trials, each with weights of its own', async () => {
    const work = { ...tiny, hidden: [64], dropout: 0, batchSize: 2048, learningRate: 0.02 };
    const losses: number[] = [];
    for (const trials of [1, 2]) {
      const runner = await StepRunner.create(gpu, work, trials);
      losses.push((await runner.run(1)).loss);
      // They come to 0.905 ln 4. Were one of the two not trained, the mean would stay at 0.95 ln 4.
      const { loss } = await runner.run(300);
      expect(loss).toBeLessThan(0.93 * Math.log(4));
      runner.release();
    }
    // The first trial is the same both times, so the mean differs only by the second one.
    expect(losses[1]).not.toBe(losses[0]);
  });

  it('gives everything back', async () => {
    const before = gpu.count();
    for (const trials of [1, 3]) {
      const runner = await StepRunner.create(gpu, tiny, trials);
      const held = gpu.count().buffers;
      await runner.run(3);
      expect(gpu.count().buffers).toBe(held);
      runner.release();
    }
    expect(gpu.count()).toEqual(before);
  });

  it('is interrupted between submits', async () => {
    const runner = await StepRunner.create(gpu, tiny);
    const controller = new AbortController();
    controller.abort();
    await expect(runner.run(10, controller.signal)).rejects.toMatchObject({ kind: 'interrupted' });
    runner.release();
  });
});

it('openStepBench tells the cost of a step, and opens the adapter again after an error', async () => {
  const bench = await openStepBench({});
  try {
    const cost = bench.cost(tiny);
    // Forward and backward products alone: 2 and 4 FLOP per weight and sample, without the first layer's
    // input gradient.
    const weights = [6 * 5, 5 * 3, 3 * 4];
    expect(cost.flops).toBeGreaterThan(7 * (6 * (weights[0]! + weights[1]! + weights[2]!) - 2 * weights[0]!));
    expect(bench.cost({ ...tiny, batchSize: 14 }).flops).toBeGreaterThan(cost.flops);
    expect(cost.dispatches).toBeGreaterThan(3);
    await bench.recover();
    const runner = await bench.prepare(tiny);
    expect(Number.isFinite((await runner.run(2)).loss)).toBe(true);
    runner.release();
  } finally {
    bench.close();
  }
});

describe('openStepBench with a tuning file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wgsl-train-step-bench-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const named = (adapter: string) => {
    const file = join(folder, 'tuning.json');
    const entries = [{ kernel: 'dense_forward', variant: 'split' }];
    writeFileSync(file, tuningText({ adapter, subgroupSize: gpu.traits.subgroupSize, entries }));
    return readTuning(file);
  };

  it('takes that of this adapter', async () => {
    const bench = await openStepBench({ tuning: named(gpu.description) });
    const runner = await bench.prepare(tiny, 2);
    expect(Number.isFinite((await runner.run(2)).loss)).toBe(true);
    runner.release();
    bench.close();
  });

  it('refuses that of another', async () => {
    const refused = openStepBench({ tuning: named('a GPU of last year') });
    await expect(refused).rejects.toMatchObject({ kind: 'usage', exitCode: 2 });
  });
});

/**
 * Whatever else uses a device. What it asks for depends on the clock: only the first call of each site is
 * sure to be made.
 */
import { runKernel } from '../../library/run-kernel.js';
import { runKnownAnswer } from '../../check/known-answer.js';
import { measureCeilings, profileTraining, trainProfiled } from '../../profile/index.js';
import { StepRunner } from '../../tools/bench/measure.js';
import { timeVariants } from '../../tools/bench/tune.js';
import { inferLogits } from '../../library/infer.js';
import { planTraining } from '../../train/index.js';
import { network } from '../../formats/testing/networks.js';
import { imageBytes } from '../../data/dataset.js';
import { tinyDataset } from '../../train/testing/tiny-dataset.js';
import { outcome, trial } from '../../train/testing/trials.js';
import { trials, type Work } from './work.js';

const images = imageBytes(tinyDataset().test);
const step = {
  inputs: 15,
  hidden: [8],
  classes: 3,
  dropout: 0,
  learningRate: 1e-3,
  weightDecay: 0,
  batchSize: 16,
};

export interface OtherWork {
  readonly work: Work;
  /** So many buffers, at most, it makes in any case. */
  readonly buffers: number;
}

export const quickWorks: Readonly<Record<string, OtherWork>> = {
  'images through a network': {
    buffers: 12,
    work: async (gpu) => [...(await inferLogits(gpu, network([15, 8, 3], 1), images, { batch: 8 }))],
  },
  'a kernel by itself': {
    buffers: 5,
    work: async (gpu) => {
      const { data, shape } = { data: Float32Array.of(-1, 0, 1, 2, -3, 4), shape: [2, 3] as const };
      const call = { inputs: { x: { shape, data } }, outputs: { y: shape } };
      return [...(await runKernel(gpu, 'relu_forward', call)).f32('y')];
    },
  },
  'a training that is profiled': {
    buffers: 6,
    work: async (gpu) => {
      const sink = { onGroup: () => undefined, onRecording: () => undefined };
      const results = await trainProfiled(gpu, planTraining(gpu.traits, tinyDataset(), trials), {}, sink);
      return results.map(outcome);
    },
  },
  'steps that are measured': {
    buffers: 20,
    work: async (gpu) => {
      const runner = await StepRunner.create(gpu, step);
      try {
        await runner.run(4);
      } finally {
        runner.release();
      }
    },
  },
};

/** What takes longer is left to the long form. */
export const slowWorks: Readonly<Record<string, OtherWork>> = {
  'a profile by the clock of the adapter': {
    buffers: 10,
    work: async (gpu) => {
      await profileTraining(gpu, planTraining(gpu.traits, tinyDataset(), [trial()]), { steps: 1 });
    },
  },
  'a profile by the clock of the host': {
    buffers: 10,
    work: async (gpu) => {
      const training = planTraining(gpu.traits, tinyDataset(), [trial()]);
      await profileTraining(gpu, training, { steps: 1, timestamps: false });
    },
  },
  'ceilings of an adapter': {
    buffers: 10,
    work: async (gpu) => {
      await measureCeilings(gpu);
    },
  },
  'variants that are compared': {
    buffers: 20,
    work: async (gpu) => {
      await timeVariants(gpu, step, { rounds: 1, sampleMs: 0.1 });
    },
  },
  'the known answer': { buffers: 10, work: (gpu) => runKnownAnswer(gpu) },
};

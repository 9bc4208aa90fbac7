/** Faults in whatever else uses a device, at least at the calls that a training alone does not make. */
import { vi } from 'vitest';
import { runKernel } from '../../src/library/run-kernel.js';
import { inferLogits, measureCeilings, profileTraining, timeVariants } from '../../src/train/index.js';
import { runKnownAnswer } from '../../src/train/known-answer/known-answer.js';
import { StepRunner } from '../../src/train/measure.js';
import { network } from '../formats/networks.js';
import { howMany, isLong } from '../modes.js';
import { trial } from '../train/trials.js';
import { tinyDataset } from '../train/tiny-dataset.js';
import type { Site } from './calls.js';
import { firstFaultsOf } from './catalogue.js';
import { faultSuite } from './suite.js';
import { training, type Work } from './work.js';

vi.mock('webgpu', async (original) => (await import('./arm.js')).armedPackage(original));

const images = tinyDataset().test.pixels;
const step = {
  inputs: 15,
  hidden: [8],
  classes: 3,
  dropout: 0,
  learningRate: 1e-3,
  weightDecay: 0,
  batchSize: 16,
};

interface OtherWork {
  readonly work: Work;
  /** So many buffers, at most, it makes in any case. */
  readonly buffers: number;
}

const works: Readonly<Record<string, OtherWork>> = {
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
    work: training({ profile: { onGroup: () => undefined, onRecording: () => undefined } }),
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
const slowWorks: Readonly<Record<string, OtherWork>> = {
  'a profile by the clock of the adapter': {
    buffers: 10,
    work: async (gpu) => {
      await profileTraining(gpu, tinyDataset(), [trial()], { steps: 1 });
    },
  },
  'a profile by the clock of the host': {
    buffers: 10,
    work: async (gpu) => {
      await profileTraining(gpu, tinyDataset(), [trial()], { steps: 1, timestamps: false });
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

/** Sites that a training alone never calls. */
const onlyHere: readonly Site[] = ['createQuerySet', 'resolveQuerySet', 'onSubmittedWorkDone'];
/** The usual run takes one in so many of the faults elsewhere. */
const taken = howMany(5, 1);

for (const [name, { work, buffers }] of Object.entries({ ...works, ...(isLong && slowWorks) }))
  await faultSuite(name, work, (calls) =>
    firstFaultsOf(calls, buffers).filter(({ site }, index) => index % taken === 0 || onlyHere.includes(site)),
  );

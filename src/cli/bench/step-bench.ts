/** What the benchmarks use of the engine; tests put another in its place. */
import { openGpu } from '../../gpu/index.js';
import { planMeasuredStep, StepRunner, type StepWork } from '../../train/measure.js';

/** The work of one training step, all dispatches together. */
export interface StepCost {
  readonly dispatches: number;
  readonly flops: number;
  /** All buffers of the step but the images that batches are gathered from. */
  readonly bytes: number;
}

/** An open adapter to time training steps on. */
export interface StepBench {
  readonly description: string;
  readonly software: boolean;
  /** @throws EngineError `usage` if the step does not fit the adapter */
  readonly cost: (work: StepWork) => StepCost;
  readonly prepare: (work: StepWork) => Promise<Pick<StepRunner, 'run' | 'release'>>;
  /** Opens the adapter again after an error of the GPU, which would otherwise be thrown by everything that follows. */
  readonly recover: () => Promise<void>;
  readonly close: () => void;
}

/** @throws EngineError `no-adapter` */
export type OpenStepBench = (options: { readonly adapter?: string }) => Promise<StepBench>;

export const openStepBench: OpenStepBench = async (options) => {
  let gpu = await openGpu(options);
  return {
    description: gpu.description,
    software: gpu.software,
    cost: (work): StepCost => {
      const { dispatches, buffers } = planMeasuredStep(work, gpu.traits).plan;
      return {
        dispatches: dispatches.length,
        flops: dispatches.reduce((sum, { configuration }) => sum + configuration.flops, 0),
        bytes: buffers.reduce((sum, { storage, bytes }) => sum + (storage === 'shared' ? 0 : bytes), 0),
      };
    },
    prepare: (work) => StepRunner.create(gpu, work),
    recover: async () => {
      gpu.close();
      gpu = await openGpu(options);
    },
    close: () => {
      gpu.close();
    },
  };
};

/** What the benchmarks use of the engine; tests put another in its place. */
import { openGpu, type Gpu } from '../../gpu/index.js';
import { requireSameAdapter } from '../../kernels/index.js';
import { planMeasuredStep, StepRunner, type StepWork } from './measure.js';
import type { NamedTuning } from '../../runs/tuning-file.js';

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
  /** @param trials how many networks train side by side in the step; 1 if left out */
  readonly prepare: (work: StepWork, trials?: number) => Promise<Pick<StepRunner, 'run' | 'release'>>;
  /**
   * Opens the adapter again after an error of the GPU, which would otherwise be thrown by everything that
   * follows.
   */
  readonly recover: () => Promise<void>;
  readonly close: () => void;
}

export interface StepBenchOptions {
  readonly adapter?: string;
  /** A tuning file whose choices come before the rules. */
  readonly tuning?: NamedTuning;
}

/** @throws EngineError `no-adapter`; `usage` if the tuning file was measured on another adapter */
export type OpenStepBench = (options: StepBenchOptions) => Promise<StepBench>;

export const openStepBench: OpenStepBench = async (options) => {
  let gpu = await open(options);
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
    prepare: (work, trials) => StepRunner.create(gpu, work, trials),
    recover: async () => {
      gpu.close();
      gpu = await open(options);
    },
    close: () => {
      gpu.close();
    },
  };
};

async function open({ adapter, tuning }: StepBenchOptions): Promise<Gpu> {
  const gpu = await openGpu({
    ...(adapter !== undefined && { adapter }),
    ...(tuning !== undefined && { tuning: tuning.tuning.entries }),
  });
  try {
    const { description, traits } = gpu;
    const found = { description, subgroupSize: traits.subgroupSize };
    if (tuning !== undefined) requireSameAdapter(tuning.tuning, found, tuning.file);
  } catch (error) {
    gpu.close();
    throw error;
  }
  return gpu;
}

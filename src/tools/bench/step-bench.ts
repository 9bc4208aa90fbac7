/** What the benchmarks use of the engine; tests put another in its place. */
import type { Output } from '../../base/output.js';
import { adapterText } from '../../base/text.js';
import type { Gpu } from '../../gpu/index.js';
import type { NamedTuning } from '../../runs/tuning-file.js';
import type { MachineWatch } from './machine.js';
import type { StepRunner, StepWork } from './measure.js';

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
  /** Opens the adapter again after an error of the GPU, which all later calls would throw otherwise. */
  readonly recover: () => Promise<void>;
  readonly close: () => void;
}

/** The adapter that is measured, as it was asked for, and choices of kernels that come before the rules. */
export interface ChosenAdapter {
  readonly adapter?: string | undefined;
  readonly tuning?: NamedTuning | null | undefined;
}

/** @throws EngineError `no-adapter`; `usage` if the tuning file was measured on another adapter */
export type OpenStepBench = (chosen: ChosenAdapter) => Promise<StepBench>;

export const openStepBench: OpenStepBench = async ({ adapter, tuning }) => {
  // Loaded at the first use, so that --help and usage errors need neither a driver nor the native module.
  const { openGpu } = await import('../../gpu/index.js');
  const { requireSameAdapter } = await import('../../kernels/index.js');
  const { planMeasuredStep, StepRunner } = await import('./measure.js');
  const open = async (): Promise<Gpu> => {
    const opened = await openGpu({
      ...(adapter !== undefined && { adapter }),
      ...(tuning != null && { tuning: tuning.tuning.entries }),
    });
    try {
      const found = { description: opened.description, subgroupSize: opened.traits.subgroupSize };
      if (tuning != null) requireSameAdapter(tuning.tuning, found, tuning.file);
    } catch (error) {
      opened.close();
      throw error;
    }
    return opened;
  };
  let gpu = await open();
  return {
    description: gpu.description,
    software: gpu.software,
    cost: (work) => {
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
      gpu = await open();
    },
    close: () => {
      gpu.close();
    },
  };
};

/** What is timed in this process needs. */
export interface StepBenchContext {
  readonly output: Output;
  readonly signal: AbortSignal;
  readonly tools: { readonly open: OpenStepBench; readonly watch: MachineWatch };
}

/**
 * Opens an adapter to time steps on, tells which it is, and closes it when the work is done or has failed.
 * @param facts what else the event `adapter` says
 */
export async function withStepBench(
  { output, tools }: StepBenchContext,
  { adapter, tuning }: ChosenAdapter,
  facts: Readonly<Record<string, unknown>>,
  work: (bench: StepBench) => Promise<void>,
): Promise<void> {
  const bench = await tools.open({ adapter, tuning });
  try {
    const { description, software } = bench;
    output.event({ event: 'adapter', description, software, ...facts });
    output.info(adapterText(bench));
    await work(bench);
  } finally {
    bench.close();
  }
}

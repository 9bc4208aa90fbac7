/**
 * The engine behind the commands. Commands load it only once the command line is known to be right, so that --help and
 * usage errors need neither a driver nor a working native module; tests put another one in its place.
 */
import { resolveDataset, type ResolveOptions } from '../data/resolve.js';
import type { Dataset } from '../data/dataset.js';
import type { Circumstances } from '../experiments/index.js';
import type { DenseLayer } from '../formats/dense.js';
import { openGpu, type Gpu, type TuningEntry } from '../gpu/index.js';
import {
  describePlan,
  inferLogits,
  measureCeilings,
  profileTraining,
  selfCheck,
  timeVariants,
  train,
  type Ceilings,
  type InferOptions,
  type ProfileOptions,
  type ProductTimes,
  type ProfileSink,
  type SelfCheck,
  type SelfCheckOptions,
  type StepWork,
  type TrainingProfile,
  type TuneOptions,
} from '../train/index.js';
import type { TrainHooks } from '../train/hooks.js';
import type { Trial, TrialResult } from '../train/types.js';

export interface EngineOptions {
  readonly fuse: boolean;
}

export type PlanOptions = EngineOptions & { readonly form?: 'text' | 'flowchart' };

/** An open adapter. */
export interface Session {
  readonly adapter: Circumstances['adapter'];
  /** What else is known of the adapter, for the record of a run. */
  readonly environment: Readonly<Record<string, unknown>>;
  /**
   * Checks that the adapter computes rightly with every kernel that a training of these trials will use. What passed is not checked again.
   * @throws EngineError `wrong-result`
   */
  selfCheck(dataset: Dataset, trials: readonly Trial[], options: SelfCheckOptions): Promise<SelfCheck>;
  train(
    dataset: Dataset,
    trials: readonly Trial[],
    options: TrainHooks & EngineOptions & { readonly profile?: ProfileSink },
  ): Promise<TrialResult[]>;
  profile(dataset: Dataset, trials: readonly Trial[], options: ProfileOptions): Promise<TrainingProfile>;
  measureCeilings(): Promise<Ceilings>;
  timeVariants(work: StepWork, options: TuneOptions): Promise<ProductTimes[]>;
  /** Of images as bytes, [n, inputs] -> [n, classes]. */
  inferLogits(
    layers: readonly DenseLayer[],
    images: Uint8Array,
    options: InferOptions,
  ): Promise<Float32Array>;
  describePlan(dataset: Dataset, trials: readonly Trial[], options: PlanOptions): string;
  close(): void;
}

export interface Engine {
  /** @throws EngineError `no-adapter` */
  open(options: { readonly adapter?: string; readonly tuning?: readonly TuningEntry[] }): Promise<Session>;
  resolveDataset(spec: string, options: ResolveOptions): Promise<Dataset>;
}

export const engine: Engine = {
  open: async (chosen) => sessionOn(await openGpu(chosen)),
  resolveDataset,
};

/** What commands do with an adapter that is open. */
export function sessionOn(gpu: Gpu): Session {
  const passed = new Set<string>();
  return {
    adapter: {
      description: gpu.description,
      software: gpu.software,
      subgroupSize: gpu.traits.subgroupSize,
    },
    environment: {
      vendor: gpu.info.vendor,
      architecture: gpu.info.architecture,
      device: gpu.info.device,
      driver: gpu.info.description,
      features: [...gpu.device.features].sort(),
      limits: gpu.traits.limits,
    },
    selfCheck: async (dataset, trials, options) => {
      const isKnown: SelfCheckOptions['isKnown'] = (kernel) =>
        passed.has(kernel.sha256) || options.isKnown?.(kernel) === true;
      const checked = await selfCheck(gpu, dataset, trials, { ...options, isKnown });
      for (const { sha256 } of checked.kernels) passed.add(sha256);
      return checked;
    },
    train: (dataset, trials, hooks) => train(gpu, dataset, trials, hooks),
    profile: (dataset, trials, options) => profileTraining(gpu, dataset, trials, options),
    measureCeilings: () => measureCeilings(gpu),
    timeVariants: (work, options) => timeVariants(gpu, work, options),
    inferLogits: (layers, images, options) => inferLogits(gpu, layers, images, options),
    describePlan: (dataset, trials, plan) => describePlan(gpu, dataset, trials, plan),
    close: () => {
      gpu.close();
    },
  };
}

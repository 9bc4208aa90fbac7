/**
 * The engine behind the commands. Commands load it only once the command line is known to be right, so that
 * --help and usage errors need neither a driver nor a working native module; tests put another one in its
 * place.
 */
import { resolveDataset, type ResolveOptions } from '../data/resolve.js';
import type { Dataset } from '../data/dataset.js';
import type { Circumstances } from '../experiments/index.js';
import type { DenseLayer } from '../formats/dense.js';
import { openGpu, type Gpu, type TuningEntry } from '../gpu/index.js';
import { selfCheck, type SelfCheck, type SelfCheckOptions } from '../check/self-check.js';
import { inferLogits, type InferOptions } from '../library/infer.js';
import {
  measureCeilings,
  profileTraining,
  trainProfiled,
  type Ceilings,
  type ProfileOptions,
  type ProfileSink,
  type TrainingProfile,
} from '../profile/index.js';
import type { StepWork } from '../tools/bench/measure.js';
import { timeVariants, type ProductTimes, type TuneOptions } from '../tools/bench/tune.js';
import {
  describePlan,
  planTraining,
  train,
  type PlannedTraining,
  type PlanOptions,
  type Trial,
  type TrainHooks,
  type TrialResult,
} from '../train/index.js';

/** An open adapter. */
export interface Session {
  readonly adapter: Circumstances['adapter'];
  /** What else is known of the adapter, for the record of a run. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Plans a training for this adapter; see `planTraining`. */
  plan(dataset: Dataset, trials: readonly Trial[], options: PlanOptions): PlannedTraining;
  /**
   * Checks that the adapter computes rightly with every kernel that a training will use. What passed is not
   * checked again.
   * @throws EngineError `wrong-result`
   */
  selfCheck(training: PlannedTraining, options: SelfCheckOptions): Promise<SelfCheck>;
  /** @param hooks but `resume`, which is for the plan; with `profile` some of the steps are timed */
  train(
    training: PlannedTraining,
    hooks: TrainHooks & { readonly profile?: ProfileSink },
  ): Promise<TrialResult[]>;
  profile(training: PlannedTraining, options: ProfileOptions): Promise<TrainingProfile>;
  measureCeilings(): Promise<Ceilings>;
  timeVariants(work: StepWork, options: TuneOptions): Promise<ProductTimes[]>;
  /** Of images as bytes, [n, inputs] -> [n, classes]. */
  inferLogits(
    layers: readonly DenseLayer[],
    images: Uint8Array,
    options: InferOptions,
  ): Promise<Float32Array>;
  describePlan(training: PlannedTraining, form: 'text' | 'flowchart'): string;
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
    plan: (dataset, trials, options) => planTraining(gpu.traits, dataset, trials, options),
    selfCheck: async (training, options) => {
      const isKnown: SelfCheckOptions['isKnown'] = (kernel) =>
        passed.has(kernel.sha256) || options.isKnown?.(kernel) === true;
      const checked = await selfCheck(gpu, training, { ...options, isKnown });
      for (const { sha256 } of checked.kernels) passed.add(sha256);
      return checked;
    },
    train: (training, { profile, ...hooks }) =>
      profile === undefined ? train(gpu, training, hooks) : trainProfiled(gpu, training, hooks, profile),
    profile: (training, options) => profileTraining(gpu, training, options),
    measureCeilings: () => measureCeilings(gpu),
    timeVariants: (work, options) => timeVariants(gpu, work, options),
    inferLogits: (layers, images, options) => inferLogits(gpu, layers, images, options),
    describePlan,
    close: () => {
      gpu.close();
    },
  };
}

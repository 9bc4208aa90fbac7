/**
 * The engine behind the commands. Commands load it only once the command line is known to be right, so that
 * --help and usage errors need neither a driver nor a working native module; tests put another one in its
 * place.
 */
import { resolveDataset, type ResolveOptions } from '../data/resolve.js';
import type { Dataset } from '../data/dataset.js';
import type { DenseLayer } from '../formats/dense.js';
import { fingerprintOf } from '../gpu/fingerprint.js';
import { bufferLimits, openGpu, pick, type Gpu, type TuningEntry } from '../gpu/index.js';
import { selfCheck, type SelfCheck, type SelfCheckOptions } from '../check/self-check.js';
import type { Pixels } from '../data/dataset.js';
import { inferLogits, type InferOptions } from '../library/infer.js';
import {
  measureCeilings,
  profileTraining,
  trainProfiled,
  type ProfileOptions,
  type ProfileSink,
  type TrainingProfile,
} from '../profile/index.js';
import type { StepWork } from '../tools/bench/measure.js';
import { timeVariants, type TuneOptions } from '../tools/bench/tune.js';
import { largestBufferOf } from '../train/plan-training.js';
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

/** An open adapter, and what commands do with it. */
export type Session = ReturnType<typeof sessionOn>;

export interface Engine {
  /** @throws EngineError `no-adapter` */
  open(options: { readonly adapter?: string; readonly tuning?: readonly TuningEntry[] }): Promise<Session>;
  resolveDataset(spec: string, options: ResolveOptions): Promise<Dataset>;
}

export const engine: Engine = {
  open: async (chosen) => sessionOn(await openGpu(chosen)),
  resolveDataset,
};

export function sessionOn(gpu: Gpu) {
  const { description, software, info, traits } = gpu;
  const { vendor, architecture, device, description: driver } = info;
  const features = [...gpu.device.features].sort();
  const limits = { ...traits.limits, ...pick(gpu.device.limits, bufferLimits) };
  const passed = new Set<string>();
  let largest = 0;
  return {
    adapter: { description, software, subgroupSize: traits.subgroupSize },
    /** What else is known of the adapter, for the record of a run. */
    environment: { vendor, architecture, device, driver, features, limits } as Readonly<
      Record<string, unknown>
    >,
    /** What the bits of a training on it depend on beside its settings. */
    fingerprint: fingerprintOf(gpu),
    plan: (dataset: Dataset, trials: readonly Trial[], options: PlanOptions): PlannedTraining => {
      const planned = planTraining(traits, dataset, trials, options);
      largest = Math.max(largest, largestBufferOf(planned));
      return planned;
    },
    /** The limits above WebGPU's defaults that trainings planned so far ask the adapter for; none: `{}`. */
    raisedLimits: () => gpu.raisedLimits(largest),
    /** Checks every kernel of a training that has not passed yet. @throws EngineError `wrong-result` */
    selfCheck: async (training: PlannedTraining, options: SelfCheckOptions): Promise<SelfCheck> => {
      const isKnown: SelfCheckOptions['isKnown'] = (kernel) =>
        passed.has(kernel.sha256) || options.isKnown?.(kernel) === true;
      const checked = await selfCheck(gpu, training, { ...options, isKnown });
      for (const { sha256 } of checked.kernels) passed.add(sha256);
      return checked;
    },
    /** @param hooks but `resume`, which is for the plan; with `profile` some of the steps are timed */
    train: (
      training: PlannedTraining,
      { profile, ...hooks }: TrainHooks & { readonly profile?: ProfileSink },
    ): Promise<TrialResult[]> =>
      profile === undefined ? train(gpu, training, hooks) : trainProfiled(gpu, training, hooks, profile),
    profile: (training: PlannedTraining, options: ProfileOptions): Promise<TrainingProfile> =>
      profileTraining(gpu, training, options),
    measureCeilings: () => measureCeilings(gpu),
    timeVariants: (work: StepWork, options: TuneOptions) => timeVariants(gpu, work, options),
    /** Of images as bytes, [n, inputs] -> [n, classes]. */
    inferLogits: (layers: readonly DenseLayer[], images: Pixels, options: InferOptions) =>
      inferLogits(gpu, layers, images, options),
    describePlan,
    close: () => {
      gpu.close();
    },
  };
}

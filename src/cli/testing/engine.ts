/** An engine without a GPU: it invents results, and counts what was asked of it. */
import { interrupted } from '../tell-error.js';
import type { Engine } from '../engine.js';
import type { Dataset, Pixels } from '../../data/dataset.js';
import type { DenseLayer } from '../../formats/dense.js';
import type { TuningEntry } from '../../gpu/index.js';
import type { SelfCheck, SelfCheckOptions } from '../../check/self-check.js';
import type { ProfileOptions } from '../../profile/index.js';
import type { StepWork } from '../../tools/bench/measure.js';
import type { ProductTimes, TuneOptions } from '../../tools/bench/tune.js';
import type { TrainHooks, Trial, TrialResult } from '../../train/types.js';
import { fakeDataset } from '../../experiments/testing/dataset.js';
import { result } from '../../experiments/testing/results.js';
import { ceilings, inventedProfile, inventedSampled } from '../../profile/testing/invented.js';
import { madeState } from '../../runs/testing/states.js';

export interface FakeEngine extends Engine {
  readonly calls: {
    opened: number;
    /** The choices that the last adapter was opened with; null without a tuning file. */
    tuning: readonly TuningEntry[] | null;
    closed: number;
    /** Trials whose kernels were to be checked. */
    selfChecked: Trial[][];
    resolved: string[];
    trained: Trial[][];
    fuse: boolean[];
    tuned: { readonly work: StepWork; readonly options: TuneOptions }[];
    inferred: { readonly layers: readonly DenseLayer[]; readonly images: Pixels }[];
    profiled: { readonly trials: Trial[]; readonly fuse: boolean; readonly options: ProfileOptions }[];
  };
}

export interface FakeBehaviour {
  readonly dataset?: Partial<Dataset>;
  readonly software?: boolean;
  readonly fingerprint?: Readonly<Record<string, string>>;
  /** What the check before a training gives, or throws; by default all kernels are known. */
  readonly selfCheck?: (isKnown: NonNullable<SelfCheckOptions['isKnown']>) => SelfCheck;
  /** Thrown when the adapter is opened. */
  readonly openError?: Error;
  /** Called before each training; may throw, or press Ctrl-C. */
  readonly beforeTraining?: (call: number) => void;
  readonly losses?: (trial: Trial) => readonly number[];
  readonly testAccuracy?: (trial: Trial) => number;
  /** All zero by default. */
  readonly logits?: (layers: readonly DenseLayer[], images: Pixels) => Float32Array;
  readonly productTimes?: (work: StepWork) => ProductTimes[];
}

export function fakeEngine(behaviour: FakeBehaviour = {}): FakeEngine {
  const calls: FakeEngine['calls'] = {
    opened: 0,
    tuning: null,
    closed: 0,
    selfChecked: [],
    resolved: [],
    trained: [],
    fuse: [],
    tuned: [],
    inferred: [],
    profiled: [],
  };
  const { losses = () => [0.9, 0.5, 0.6], testAccuracy = () => 0.88 } = behaviour;
  return {
    calls,
    open: ({ tuning }) => {
      if (behaviour.openError !== undefined) return Promise.reject(behaviour.openError);
      calls.opened++;
      calls.tuning = tuning ?? null;
      return Promise.resolve({
        adapter: { description: 'a test adapter', software: behaviour.software ?? true, subgroupSize: 8 },
        environment: { vendor: 'nobody' },
        raisedLimits: () => ({ maxBufferSize: 2 ** 30 }),
        fingerprint: { device: 'a test adapter', 'subgroup size': '8', ...behaviour.fingerprint },
        plan: (dataset, trials, { fuse = true }) => ({ dataset, trials, fuse, groups: [] }),
        selfCheck: ({ trials }, { isKnown = () => false }) => {
          calls.selfChecked.push([...trials]);
          return run(() => {
            const known = { kernels: inventedKernels, ran: false, compared: 0, worstShare: 0 };
            return behaviour.selfCheck?.(isKnown) ?? known;
          });
        },
        train: ({ trials, fuse }, options) => {
          calls.trained.push([...trials]);
          calls.fuse.push(fuse);
          const results = trials.map((trial) =>
            result(trial, { losses: losses(trial), testAccuracy: testAccuracy(trial) }),
          );
          return run(() => {
            behaviour.beforeTraining?.(calls.trained.length);
            options.signal?.throwIfAborted();
            report(results, options);
            options.profile?.onGroup(inventedSampled(trials));
            options.profile?.onRecording?.(inventedProfile(trials));
            return results;
          });
        },
        profile: ({ trials, fuse }, options) => {
          calls.profiled.push({ trials: [...trials], fuse, options });
          return run(() => {
            options.signal?.throwIfAborted();
            options.onGroup?.(trials, 0, 1);
            return inventedProfile(trials);
          });
        },
        timeVariants: (work, options) => {
          calls.tuned.push({ work, options });
          return run(() => {
            if (options.signal?.aborted === true) throw interrupted();
            const times = behaviour.productTimes?.(work) ?? [];
            times.forEach(({ ops }, index) => options.onProduct?.(ops, index, times.length));
            return times;
          });
        },
        measureCeilings: () => Promise.resolve(ceilings),
        inferLogits: (layers, images, options) => {
          calls.inferred.push({ layers, images });
          return run(() => {
            if (options.signal?.aborted === true) throw interrupted();
            const count = images.length / layers[0]!.inputs;
            return behaviour.logits?.(layers, images) ?? new Float32Array(count * layers.at(-1)!.outputs);
          });
        },
        describePlan: ({ trials }, form) =>
          `${form === 'flowchart' ? 'flowchart' : 'plan'} of ${trials.length} trials`,
        close: () => {
          calls.closed++;
        },
      });
    },
    resolveDataset: (spec) => {
      calls.resolved.push(spec);
      return Promise.resolve(fakeDataset({ name: spec, ...behaviour.dataset }));
    },
  };
}

export const inventedKernels = ['dense_forward.tile', 'adamw'].map((kernel, index) => ({
  kernel,
  sha256: `${index}`.repeat(64),
}));

/** What `body` returns or throws, as a promise. */
function run<T>(body: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(body());
  });
}

function report(results: readonly TrialResult[], { onEpoch, onProgress, onCheckpoint }: TrainHooks): void {
  const longest = Math.max(...results.map(({ history }) => history.length));
  for (let epoch = 1; epoch <= longest; epoch++) {
    const active = results.filter(({ history }) => history.length >= epoch);
    onProgress?.({ epoch, step: 1, steps: 2, active: active.length });
    onEpoch?.({
      epoch,
      trials: active.map(({ trial, history }) => ({
        trial,
        record: history[epoch - 1]!,
        improved: epoch === 2,
      })),
      active: active.length,
      stepsPerSecond: 300,
      seconds: epoch,
    });
  }
  onCheckpoint?.(
    results.map(({ trial, history, best, stopped: end }) => {
      const stopped = end === 'pruned' ? null : end;
      const valLosses = history.map(({ validation }) => validation?.loss ?? null);
      return { ...madeState(trial, { valLosses, stopped, best: best?.epoch ?? history.length }), history };
    }),
  );
}

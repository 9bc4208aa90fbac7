import type { Gpu } from '../gpu/index.js';
import type { Program } from '../graph/index.js';
import type { Pace, TrainHooks, Trial, WeightsAt } from './types.js';
import type { GroupPlan } from './plan-training.js';
import type { TrialRun } from './trial-run.js';
import type { Workspace } from './workspace.js';

export interface GroupContext {
  readonly gpu: Gpu;
  readonly group: GroupPlan;
  readonly workspace: Workspace;
  readonly runs: readonly TrialRun[];
  readonly hooks: TrainOptions;
}

/** What runs the steps of a group: `replay`, or a profiler, which is told what the host does besides. */
export interface StepRunner {
  /** Does what `replay` of the training step does for records `first .. first + count - 1`. */
  readonly replay: (first: number, count: number, active: number) => void | Promise<void>;
  /** The descriptor of the pass of an evaluation, where it is timed. */
  readonly evaluationPass?: (active: number) => GPUComputePassDescriptor | undefined;
  /** Called when the host wrote an epoch's order, slept, or waited for the adapter, since `startMs`. */
  readonly note?: (what: 'order' | 'sleep' | 'map', startMs: number) => void;
  /** Called between epochs, when everything submitted is done. */
  readonly endEpoch?: (epoch: number, startMs: number) => Promise<void>;
}

/** Trains a group with a step runner of its own. @param train trains it to the last epoch */
export type RunGroupSteps = (
  group: GroupPlan,
  program: Program,
  train: (steps: StepRunner) => Promise<void>,
) => Promise<void>;

/**
 * Where a group of trials stands between two submits.
 * @param at after the last step, or after the last epoch that is done
 * @returns a trial's weights, read behind what was submitted so far; null: it is not of this group
 * @throws EngineError `diverged`; `no-data` where they are not known
 */
export type ReadWeights = (trial: Trial, at: WeightsOf) => Promise<WeightsAt> | null;

export type WeightsOf = 'step' | 'epoch';

export interface TrainOptions extends Omit<TrainHooks, 'resume'> {
  readonly pace?: Pace;
  /**
   * Called before each submit of training steps; `read` may be called until it is called the next time.
   * @returns until when nothing is to be submitted; undefined: the training does not pause
   */
  readonly betweenSubmits?: (read: ReadWeights) => Promise<void> | undefined;
  /** Puts something in the place of `replay`, such as what times steps; the bits stay the same. */
  readonly runSteps?: RunGroupSteps;
}

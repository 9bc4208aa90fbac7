/** Which trials run side by side, and what they run. Pure: can be printed and tested without a device. */
import type { Dataset } from '../data/dataset.js';
import { splitSizes } from '../data/split.js';
import type { AdapterTraits } from '../gpu/index.js';
import {
  largestPlanned,
  mostTrials,
  planStep,
  sideBySide,
  type Graph,
  type Plan,
  type Update,
} from '../graph/index.js';
import { checkGraph, evaluationGraph, trainingGraph, type Mlp } from '../model/index.js';
import { groupTrials, updateOf, type TrialGroup } from './grouping.js';
import { dropoutByLayer } from './settings.js';
import { fitsWhole, imagesPerBuffer, windowSize } from './windows.js';
import { progressOf, type TrainConfig, type Trial, type TrialState } from './types.js';
import type { StepRecord } from '../kernels/index.js';

/** Images per evaluation batch at most: few dispatches, and activations that stay small. */
const evaluationBatch = 1024;

export type Sizes = Readonly<ReturnType<typeof sizesOf>>;

interface PlannedGraph {
  readonly graph: Graph;
  readonly plan: Plan;
}

/** What trials of one shape run: a training step, an evaluation batch, a check for non-finite numbers. */
type Programs = Readonly<Record<'training' | 'evaluation' | 'check', PlannedGraph>>;

/** Trials that train side by side, and what they run. */
export interface GroupPlan extends TrialGroup, Programs {
  readonly mlp: Mlp;
  readonly update: Update;
  readonly sizes: Sizes;
  /** What each trial resumes from; null: it begins. All have come equally far. */
  readonly states: readonly (TrialState | null)[];
}

/** A training as it will run on an adapter: for the self-check, `train`, the profiler and `describePlan`. */
export interface PlannedTraining {
  readonly dataset: Dataset;
  readonly trials: readonly Trial[];
  /** Whether one kernel does at once what it can; false: every op is a kernel of its own. */
  readonly fuse: boolean;
  readonly groups: readonly GroupPlan[];
}

export interface PlanOptions {
  /** Where a trial resumes from; null: it begins. */
  readonly resume?: (trial: Trial) => TrialState | null;
  /** false runs every op as a kernel of its own; true (the default) fuses what one kernel can do at once. */
  readonly fuse?: boolean;
}

/**
 * Plans a training: trials of one shape that have come equally far run in groups, as many side by side as fit
 * the device. A shape is planned once, for one trial; how many fit follows from its sizes.
 * @throws EngineError `usage` if a trial does not fit the device, or the data set is too small to be split
 */
export function planTraining(
  traits: AdapterTraits,
  dataset: Dataset,
  trials: readonly Trial[],
  { fuse = true, resume = () => null }: PlanOptions = {},
): PlannedTraining {
  const shapes = new Map<string, Shape>();
  const shapeOf = (members: readonly Trial[]): Shape => {
    const [{ config }] = members as [Trial];
    const { hidden, batchSize, validation } = config;
    const any = {
      dropout: hidden.flatMap((_, layer) =>
        members.some(({ config }) => dropoutByLayer(config)[layer]! > 0) ? [layer] : [],
      ),
      labelSmoothing: members.some(({ config }) => config.labelSmoothing > 0),
    };
    const key = JSON.stringify([hidden, batchSize, validation, updateOf(config), any]);
    const shape = shapes.get(key) ?? planShape(traits, dataset, config, { ...any, fuse });
    shapes.set(key, shape);
    return shape;
  };
  const fitting = (members: readonly Trial[]): number => {
    const shape = shapeOf(members);
    const { window, batch, evaluationBatch } = shape.sizes;
    const batches = window === null ? Infinity : Math.floor(window / Math.max(batch, evaluationBatch));
    return Math.min(batches, ...programsOf(shape).map(({ plan }) => mostTrials(plan, traits)));
  };
  const states = trials.map(resume);
  const groups = groupTrials(trials, fitting, (place) => progressOf(states[place] ?? null));
  return {
    dataset,
    trials,
    fuse,
    groups: groups.map((group) => ({
      ...group,
      ...forTrials(shapeOf(group.trials), group.trials.length),
      states: group.positions.map((place) => states[place] ?? null),
    })),
  };
}

export function programsOf({ training, evaluation, check }: Programs): readonly PlannedGraph[] {
  return [training, evaluation, check];
}

/** The largest buffer that a training makes, in bytes. */
export function largestBufferOf({ groups }: Pick<PlannedTraining, 'groups'>): number {
  return largestPlanned(groups.flatMap(programsOf).map(({ plan }) => plan));
}

type Shape = Programs & Pick<GroupPlan, 'mlp' | 'update' | 'sizes'>;

function planShape(
  traits: AdapterTraits,
  dataset: Dataset,
  config: TrainConfig,
  { fuse, ...any }: Pick<Mlp, 'dropout' | 'labelSmoothing'> & { readonly fuse: boolean },
): Shape {
  const { hidden, batchSize, validation } = config;
  const update = updateOf(config);
  const sizes = sizesOf(traits, dataset, validation, batchSize);
  const features = dataset.train.pixels instanceof Float32Array;
  const mlp: Mlp = {
    inputs: dataset.rows * dataset.columns,
    hidden,
    classes: dataset.classes,
    features,
    ...any,
  };
  const samples = sizes.window ?? dataset.train.count + dataset.test.count;
  const plan = (graph: Graph): PlannedGraph => ({
    graph,
    plan: planStep(graph, traits, { trials: 1, fuse }),
  });
  const feed = { samples, indices: sizes.train, batch: sizes.batch, slots: sizes.trainSteps };
  return {
    mlp,
    update,
    sizes,
    training: plan(trainingGraph(mlp, feed, update)),
    evaluation: plan(
      evaluationGraph(mlp, {
        samples,
        indices: sizes.validation + sizes.test,
        batch: sizes.evaluationBatch,
        slots: sizes.validationSteps + sizes.testSteps,
      }),
    ),
    check: plan(checkGraph(mlp)),
  };
}

function forTrials(shape: Shape, trials: number): Shape {
  const beside = ({ graph, plan }: PlannedGraph): PlannedGraph => ({
    graph,
    plan: sideBySide(plan, trials),
  });
  const [training, evaluation, check] = programsOf(shape).map(beside);
  return { ...shape, training: training!, evaluation: evaluation!, check: check! };
}

function sizesOf(traits: AdapterTraits, dataset: Dataset, share: number, batchSize: number) {
  const { train, validation } = splitSizes(dataset.train.count, share);
  const test = dataset.test.count;
  // A batch larger than the training set is the training set.
  const batch = Math.min(batchSize, train);
  const largest = Math.max(validation, test);
  const most = Math.max(1, Math.min(evaluationBatch, imagesPerBuffer(traits, dataset)));
  const even = Math.ceil(largest / batches(largest, most));
  const isWhole = fitsWhole(traits, dataset);
  return {
    train,
    validation,
    test,
    batch,
    evaluationBatch: even,
    trainSteps: batches(train, batch),
    validationSteps: batches(validation, even),
    testSteps: batches(test, even),
    /** Images that are on the GPU at a time; null: all. */
    window: isWhole ? null : windowSize(traits, dataset, Math.max(batch, even)),
  };
}

/** Batches needed for `samples`: the last, smaller one is used, not dropped. */
export function batches(samples: number, batch: number): number {
  return Math.ceil(samples / batch);
}

/**
 * The step records of a pass over `samples` in order.
 * @param first number of the first step: counts optimiser steps over the whole run
 * @param offset where the samples begin in the list of indices
 * @param slot where the metrics of the first batch go
 */
export function passOver(samples: number, batch: number, first: number, offset = 0, slot = 0): StepRecord[] {
  return Array.from({ length: batches(samples, batch) }, (_, i) => ({
    number: first + i,
    slot: slot + i,
    offset: offset + i * batch,
    rows: Math.min(batch, samples - i * batch),
  }));
}

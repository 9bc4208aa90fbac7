import type { Dataset } from '../data/dataset.js';
import { splitIndices } from '../data/split.js';
import type { AdapterTraits } from '../gpu/index.js';
import { planStep, type Graph, type Plan } from '../graph/index.js';
import { checkGraph, evaluationGraph, trainingGraph, type Mlp } from '../model/index.js';
import { batches } from './steps.js';
import type { Trial } from './types.js';

/** Images per evaluation batch at most: few dispatches, and activations that stay small. */
const evaluationBatch = 1024;

/** Sizes of one group of trials. */
export interface Sizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly batch: number;
  readonly evaluationBatch: number;
  readonly trainSteps: number;
  readonly validationSteps: number;
  readonly testSteps: number;
}

/** The three programs of a group of trials, planned; pure, so it can be printed and tested without a device. */
export interface GroupPlan {
  readonly mlp: Mlp;
  readonly sizes: Sizes;
  readonly training: { readonly graph: Graph; readonly plan: Plan };
  readonly evaluation: { readonly graph: Graph; readonly plan: Plan };
  readonly check: { readonly graph: Graph; readonly plan: Plan };
}

/**
 * Plans what a group of trials runs.
 * @param trials of one shape (see grouping.ts)
 * @throws EngineError `usage` if it does not fit the device
 */
export function planGroup(
  dataset: Dataset,
  trials: readonly Trial[],
  traits: AdapterTraits,
  fuse = true,
  copies = trials.length,
): GroupPlan {
  const { config, seed } = trials[0]!;
  const split = splitIndices(dataset.train.count, config.validation, seed);
  const sizes = groupSizes(split.train.length, split.validation.length, dataset.test.count, config.batchSize);
  const mlp: Mlp = {
    inputs: dataset.rows * dataset.columns,
    hidden: config.hidden,
    classes: dataset.classes,
    dropout: trials.some((trial) => trial.config.dropout > 0),
  };
  const samples = dataset.train.count + dataset.test.count;
  const training = trainingGraph(mlp, {
    samples,
    indices: sizes.train,
    batch: sizes.batch,
    slots: sizes.trainSteps,
  });
  const evaluation = evaluationGraph(mlp, {
    samples,
    indices: sizes.validation + sizes.test,
    batch: sizes.evaluationBatch,
    slots: sizes.validationSteps + sizes.testSteps,
  });
  const check = checkGraph(mlp);
  const plan = (graph: Graph): { graph: Graph; plan: Plan } => ({
    graph,
    plan: planStep(graph, traits, { trials: copies, fuse }),
  });
  return { mlp, sizes, training: plan(training), evaluation: plan(evaluation), check: plan(check) };
}

function groupSizes(train: number, validation: number, test: number, batchSize: number): Sizes {
  // A batch larger than the training set is the training set.
  const batch = Math.min(batchSize, train);
  const largest = Math.max(validation, test);
  const even = Math.ceil(largest / batches(largest, evaluationBatch));
  return {
    train,
    validation,
    test,
    batch,
    evaluationBatch: even,
    trainSteps: batches(train, batch),
    validationSteps: batches(validation, even),
    testSteps: batches(test, even),
  };
}

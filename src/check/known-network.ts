/** The networks whose steps are known: their data, their settings, and what their steps must give. */
import type { Graph } from '../graph/index.js';
import { adam, type StepRecord, type TrialRecord } from '../kernels/index.js';
import {
  evaluationGraph,
  initialParameters,
  trainingGraph,
  unpackParameter,
  type Feed,
  type Mlp,
} from '../model/index.js';
import {
  expectEvaluation,
  expectStep,
  layerOf,
  type Batch,
  type ExpectedTensors,
  type LayerState,
} from './expected-step.js';

/** What decides which kernels a network uses: deeper ones use no others. */
export interface KnownForm {
  readonly hidden: 0 | 1 | 2;
  /** After the first hidden layer; false where there is none. */
  readonly dropout: boolean;
  /** More classes than a tile of a product is wide: their loss is not fused with the last layer. */
  readonly manyClasses: boolean;
}

/** The form that uses the most kernels. */
export const widestForm: KnownForm = { hidden: 2, dropout: true, manyClasses: false };

/**
 * Sides that are no multiples of 4, of 8 or of 32, and all above 32: every product has a second, partial tile
 * in rows and columns, and a last round that is not whole. Each layer's shape is its own, so that a variant
 * can be chosen for it alone.
 */
const inputs = 45;
const widths = [37, 34] as const;
const [fewClasses, manyClasses] = [5, 38];
const samples = 60;
const batch = 35;

/** Two short batches, and one of them twice. */
export const steps: readonly StepRecord[] = [
  { number: 0, slot: 0, offset: 0, rows: 35 },
  { number: 1, slot: 1, offset: 35, rows: 25 },
  { number: 2, slot: 2, offset: 0, rows: 35 },
];

/** A step in the midst of a training: nothing about it is 0, and its last tile of rows holds a single one. */
export const lateStep: StepRecord = { number: 7, slot: 1, offset: 5, rows: 33 };

/**
 * Two trials that differ in everything in which trials can differ. Seeds for which rounding decides nothing:
 * no ReLU and no prediction is in doubt in any form (about one seed in ten).
 */
export const knownTrials: readonly TrialRecord[] = [
  {
    index: 0,
    seed: 0x1_2345_6847,
    dropout: 0.25,
    learningRate: 0.02,
    weightDecay: 0.1,
    decay: 'decoupled',
  },
  { index: 1, seed: 0x2_9876_5446, dropout: 0.4, learningRate: 0.01, weightDecay: 0.3, decay: 'l2' },
];

export function networkOf({ hidden, dropout, manyClasses: many }: KnownForm): Mlp {
  return { inputs, hidden: widths.slice(0, hidden), classes: many ? manyClasses : fewClasses, dropout };
}

const feed: Feed = { samples, indices: samples, batch, slots: steps.length };

export function knownGraph(form: KnownForm): Graph {
  return trainingGraph(networkOf(form), feed);
}

export function knownEvaluationGraph(form: KnownForm): Graph {
  return evaluationGraph(networkOf(form), feed);
}

/** [samples, inputs] bytes. */
export const pixels = Uint8Array.from({ length: samples * inputs }, (_, i) => (i * i * 7 + i * 29) % 256);

/** One per sample. */
export function labelsOf(form: KnownForm): Uint8Array {
  const { classes } = networkOf(form);
  return Uint8Array.from({ length: samples }, (_, i) => (3 * i + 1) % classes);
}

/** A trial's order of samples. */
export function orderOf({ index }: TrialRecord): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: samples }, (_, i) => ((index === 0 ? 7 : 11) * i + 2) % samples);
}

/** The three arenas of a network between two steps. */
export interface Arenas {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first_moments: Float32Array<ArrayBuffer>;
  readonly second_moments: Float32Array<ArrayBuffer>;
}

/**
 * Initial weights, and moments as after gradients of some size: a kernel that leaves them out is noticed,
 * and AdamW divides by none that is in doubt.
 */
export function startState(graph: Graph, { seed }: TrialRecord): Arenas {
  const size = 0.01;
  const first = initialParameters(graph, seed + 1);
  const second = initialParameters(graph, seed + 2);
  return {
    parameters: initialParameters(graph, seed),
    first_moments: first.map((value) => size * value),
    // Padding holds 0, and must keep it.
    second_moments: second.map((value) => (value === 0 ? 0 : size ** 2 * (0.5 + Math.abs(value)))),
  };
}

/** What a training step must give from a state. */
export function expected(
  form: KnownForm,
  graph: Graph,
  trial: TrialRecord,
  state: Arenas,
  step: StepRecord,
): ExpectedTensors {
  const settings = { ...trial, ...adam, dropout: form.dropout ? trial.dropout : null };
  return expectStep(layersOf(graph, state), batchOf(form, trial, step), step.number, settings);
}

/** What the evaluation of a batch must give. */
export function expectedEvaluation(
  form: KnownForm,
  graph: Graph,
  trial: TrialRecord,
  state: Arenas,
  step: StepRecord,
): ExpectedTensors {
  return expectEvaluation(layersOf(graph, state), batchOf(form, trial, step));
}

function layersOf(graph: Graph, state: Arenas): LayerState[] {
  return Array.from({ length: graph.parameters.length / 2 }, (_, layer): LayerState => {
    const part = (index: number): Parameters<typeof layerOf>[0] => {
      const values = (arena: Float32Array): Float32Array => unpackParameter(graph.parameters[index]!, arena);
      return {
        p: values(state.parameters),
        m: values(state.first_moments),
        v: values(state.second_moments),
      };
    };
    return layerOf(part(2 * layer), part(2 * layer + 1));
  });
}

function batchOf(form: KnownForm, trial: TrialRecord, { offset, rows }: StepRecord): Batch {
  const chosen = [...orderOf(trial).subarray(offset, offset + rows)];
  const labels = labelsOf(form);
  return {
    pixels: chosen.flatMap((sample) => [...pixels.subarray(sample * inputs, (sample + 1) * inputs)]),
    labels: chosen.map((sample) => labels[sample]!),
  };
}

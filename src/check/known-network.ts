/** The networks whose steps are known: their data, their settings, and what their steps must give. */
import type { Pixels } from '../data/dataset.js';
import type { Graph, Parameter, Update } from '../graph/index.js';
import { adam, elements, normParts, padded, type StepRecord, type TrialRecord } from '../kernels/index.js';
import {
  checkGraph,
  evaluationGraph,
  initialParameters,
  trainingGraph,
  unpackParameter,
  type Feed,
  type Mlp,
} from '../model/index.js';
import { exact, integers, upTo, type Ball, type Expected } from './ball.js';
import {
  expectEvaluation,
  expectStep,
  type Batch,
  type ExpectedTensors,
  type LayerState,
  type Trainable,
} from './expected-step.js';

/** What decides which kernels a network uses: deeper ones use no others. */
export interface KnownForm extends Update {
  readonly hidden: 0 | 1 | 2 | 3;
  /** The hidden layers, from 0, that dropout follows: the second one stands for all further ones like it. */
  readonly dropout: readonly number[];
  /** The training loss smooths labels. */
  readonly labelSmoothing: boolean;
  /** More classes than a tile of a product is wide: their loss is not fused with the last layer. */
  readonly manyClasses: boolean;
  /** The inputs are f32 features, not bytes. */
  readonly features: boolean;
  /** Its layers are updated in one dispatch; by default as the rule has it for the known network. */
  readonly together?: boolean;
}

/** The form that uses the most kernels. */
export const widestForm: KnownForm = {
  hidden: 2,
  dropout: [0],
  labelSmoothing: false,
  manyClasses: false,
  features: false,
  optimizer: 'adamw',
  clips: false,
};

/**
 * Sides that are no multiples of 4, of 8 or of 32, and all above 32: every product has a second, partial tile
 * in rows and columns, and a last round that is not whole. Each layer's shape is its own, so that a variant
 * can be chosen for it alone.
 */
const inputs = 45;
const widths = [37, 34, 39] as const;
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
    dropout: [0.25, 0.5, 0.1],
    learningRate: 0.02,
    weightDecay: 0.1,
    decay: 'decoupled',
    labelSmoothing: 0.1,
    clipNorm: 0.05,
    momentum: 0.9,
  },
  {
    index: 1,
    seed: 0x2_9876_5446,
    dropout: [0.4, 0.2, 0.3],
    learningRate: 0.01,
    weightDecay: 0.3,
    decay: 'l2',
    labelSmoothing: 0.25,
    // Above any norm: nothing is clipped.
    clipNorm: 1000,
    momentum: 0.5,
  },
];

/** A network of one form, and the graphs of its steps. */
export interface KnownNetwork {
  readonly form: KnownForm;
  readonly mlp: Mlp;
  readonly training: Graph;
  readonly evaluation: Graph;
  readonly check: Graph;
}

export function knownNetwork(form: KnownForm): KnownNetwork {
  const { dropout, labelSmoothing, features } = form;
  const classes = form.manyClasses ? manyClasses : fewClasses;
  const mlp: Mlp = {
    inputs,
    hidden: widths.slice(0, form.hidden),
    classes,
    dropout,
    labelSmoothing,
    features,
  };
  const feed: Feed = { samples, indices: samples, batch, slots: steps.length };
  const [training, evaluation] = [trainingGraph(mlp, feed, form), evaluationGraph(mlp, feed)];
  return { form, mlp, training, evaluation, check: checkGraph(mlp) };
}

/** [samples, inputs] bytes, or features of about what the network sees of these. */
export function pixelsOf({ form: { features } }: Pick<KnownNetwork, 'form'>): Pixels {
  const bytes = Uint8Array.from({ length: samples * inputs }, (_, i) => (i * i * 7 + i * 29) % 256);
  return features ? Float32Array.from(bytes, (byte) => byte / 255) : bytes;
}

export function labelsOf({ mlp: { classes } }: KnownNetwork): Uint8Array {
  return Uint8Array.from({ length: samples }, (_, i) => (3 * i + 1) % classes);
}

/** A trial's order of samples. */
export function orderOf({ index }: TrialRecord): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: samples }, (_, i) => ((index === 0 ? 7 : 11) * i + 2) % samples);
}

/** The arenas of a trial between two steps, by their names in the graphs. */
export type Arenas = ReadonlyMap<(typeof arenaNames)[number], Float32Array<ArrayBuffer>>;

export const arenaNames = ['parameters', 'first_moments', 'second_moments'] as const;

/**
 * Initial weights, and moments as after gradients of some size: a kernel that leaves them out is noticed,
 * and AdamW divides by none that is in doubt.
 */
export function startState({ training }: KnownNetwork, { seed }: TrialRecord): Arenas {
  const size = 0.01;
  const [parameters, first, second] = [0, 1, 2].map((i) => initialParameters(training, seed + i));
  return new Map([
    ['parameters', parameters!],
    ['first_moments', first!.map((value) => size * value)],
    // Padding holds 0, and must keep it.
    ['second_moments', second!.map((value) => (value === 0 ? 0 : size ** 2 * (0.5 + Math.abs(value))))],
  ]);
}

/** What a step must give a trial, from a state. */
export type Account = (
  network: KnownNetwork,
  trial: TrialRecord,
  state: Arenas,
  step: StepRecord,
) => ExpectedTensors;

export const expectedStep: Account = (network, trial, state, step) => {
  const { dropout, labelSmoothing, clips, optimizer } = network.form;
  const p = trial.dropout as readonly number[];
  const settings = {
    ...trial,
    ...adam,
    optimizer,
    dropout: upTo(network.form.hidden).map((layer) => (dropout.includes(layer) ? p[layer]! : null)),
    labelSmoothing: labelSmoothing ? trial.labelSmoothing : 0,
    normParts: clips ? (gradients: ExpectedTensors) => partsOfNorm(network, gradients) : null,
  };
  return expectStep(layersOf(network, state), batchOf(network, trial, step), step.number, settings);
};

/** The gradients as they lie in their arena, in the parts of shaders/gradient_norm.wgsl. */
function partsOfNorm({ training }: KnownNetwork, gradients: ExpectedTensors): (readonly Ball[])[] {
  const arena = training.arenas!.gradients;
  const all = new Array<Ball>(elements(arena)).fill(exact(0));
  for (const { gradient } of training.parameters) {
    const { columns, balls } = gradients.get(gradient.name)!;
    balls.forEach((ball, i) => {
      all[gradient.view!.offset + Math.floor(i / columns) * padded(columns) + (i % columns)] = ball;
    });
  }
  const parts = normParts(arena);
  const length = 4 * Math.ceil(all.length / 4 / parts);
  return Array.from({ length: parts }, (_, part) => all.slice(part * length, (part + 1) * length));
}

export const expectedEvaluation: Account = (network, trial, state, step) =>
  expectEvaluation(layersOf(network, state), batchOf(network, trial, step));

/** What the check of parameters and moments must give: the formula of shaders/nonfinite.wgsl. */
export const expectedFlags: Account = (_, __, state) =>
  new Map(
    [...state].map(([name, values]) => {
      const first = values.findIndex((value) => !Number.isFinite(value));
      return [`flags of ${name}`, integers([first < 0 ? 0 : values.length - first])];
    }),
  );

function layersOf({ training: { parameters } }: KnownNetwork, state: Arenas): LayerState[] {
  const trainable = (parameter: Parameter): Trainable => {
    const { columns } = parameter.value;
    const [p, m, v] = arenaNames.map((name): Expected => {
      const balls = Array.from(unpackParameter(parameter, state.get(name)!), exact);
      return { rows: balls.length / columns, columns, balls };
    });
    return { p: p!, m: m!, v: v! };
  };
  return Array.from({ length: parameters.length / 2 }, (_, layer) => {
    const [weight, bias] = parameters.slice(2 * layer, 2 * layer + 2).map(trainable);
    return { weight: weight!, bias: bias! };
  });
}

function batchOf(network: KnownNetwork, trial: TrialRecord, { offset, rows }: StepRecord): Batch {
  const chosen = [...orderOf(trial).subarray(offset, offset + rows)];
  const labels = labelsOf(network);
  const pixels = pixelsOf(network);
  return {
    isBytes: !network.form.features,
    pixels: chosen.flatMap((sample) => [...pixels.subarray(sample * inputs, (sample + 1) * inputs)]),
    labels: chosen.map((sample) => labels[sample]!),
  };
}

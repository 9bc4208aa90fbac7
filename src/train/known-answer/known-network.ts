/** The network whose training steps are known: its data, its settings, and what its steps must give. */
import type { Graph } from '../../graph/index.js';
import { adam, type StepRecord } from '../../kernels/index.js';
import { initialParameters, trainingGraph, unpackParameter } from '../../model/index.js';
import {
  expectStep,
  layerOf,
  type Batch,
  type ExpectedStep,
  type LayerState,
  type StepSettings,
} from './expected-step.js';

export const settings: StepSettings = {
  seed: 0x1_2345_6789,
  dropout: 0.25,
  learningRate: 0.02,
  weightDecay: 0.1,
  ...adam,
};

/** Sides that are no multiples of 4, and a short last batch: the padding is tested, too. */
export const network = { inputs: 13, hidden: [9, 6], classes: 5, dropout: true } as const;
export const samples = 10;
const batchSize = 6;
export const steps: readonly StepRecord[] = [
  { number: 0, slot: 0, offset: 0, rows: 6 },
  { number: 1, slot: 1, offset: 6, rows: 4 },
  { number: 2, slot: 2, offset: 0, rows: 6 },
];

export const pixels = Uint8Array.from(
  { length: samples * network.inputs },
  (_, i) => (i * i * 7 + i * 29) % 256,
);
export const labels = Uint8Array.from({ length: samples }, (_, i) => (3 * i + 1) % network.classes);
export const order = Uint32Array.from({ length: samples }, (_, i) => (7 * i + 2) % samples);

export function knownGraph(): Graph {
  return trainingGraph(network, { samples, indices: samples, batch: batchSize, slots: steps.length });
}

/** The three arenas of a network between two steps. */
export interface Arenas {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first_moments: Float32Array<ArrayBuffer>;
  readonly second_moments: Float32Array<ArrayBuffer>;
}

/** Initial weights, and moments of 0. */
export function firstState(graph: Graph): Arenas {
  const parameters = initialParameters(graph, settings.seed);
  return {
    parameters,
    first_moments: new Float32Array(parameters.length),
    second_moments: new Float32Array(parameters.length),
  };
}

/** What one of the steps must give from a state. */
export function expected(graph: Graph, state: Arenas, step: StepRecord): ExpectedStep {
  const layers = Array.from({ length: graph.parameters.length / 2 }, (_, layer): LayerState => {
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
  return expectStep(layers, batchOf(step), step.number, settings);
}

function batchOf({ offset, rows }: StepRecord): Batch {
  const { inputs } = network;
  const chosen = [...order.subarray(offset, offset + rows)];
  return {
    pixels: chosen.flatMap((sample) => [...pixels.subarray(sample * inputs, (sample + 1) * inputs)]),
    labels: chosen.map((sample) => labels[sample]!),
  };
}

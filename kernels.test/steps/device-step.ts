/** Runs whole training steps on the device, from a state that a test gives, and reads everything back. */
import { readBuffer, storageBuffer, write, type AdapterTraits, type Gpu } from '../../src/gpu/index.js';
import { createProgram, createTables, planStep, replay, type Graph } from '../../src/graph/index.js';
import {
  elements,
  packSteps,
  packTrials,
  type StepRecord,
  type TrialRecord,
} from '../../src/kernels/index.js';
import { unpackParameter } from '../../src/model/index.js';
import type { Layer } from '../reference/network.js';

/** The three arenas of one trial, laid out as the graph has them. */
export interface State {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly first_moments: Float32Array<ArrayBuffer>;
  readonly second_moments: Float32Array<ArrayBuffer>;
}

export interface StepSetup {
  readonly graph: Graph;
  readonly traits: AdapterTraits;
  readonly fuse: boolean;
  /** `samples * pixels` bytes without padding; pixels must be those of the graph. */
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  /** Per trial, in the order in which batches take them. */
  readonly indices: readonly Uint32Array<ArrayBuffer>[];
  readonly states: readonly State[];
  readonly steps: readonly StepRecord[];
  /** The trials that run, in slot order. */
  readonly records: readonly TrialRecord[];
}

export interface DeviceStep {
  /** Whether the plan makes a buffer of this name: fused updates have no gradients. */
  readonly has: (name: string) => boolean;
  /** Puts the trials back into the state that was given. */
  readonly reset: () => void;
  /** Submits steps of the table as one command buffer. */
  readonly run: (first: number, count: number) => void;
  /** One trial's slice of a persistent tensor. */
  readonly read: (name: string, trial?: number) => Promise<Float32Array<ArrayBuffer>>;
  readonly release: () => void;
}

export async function prepareStep(gpu: Gpu, setup: StepSetup): Promise<DeviceStep> {
  const { graph, states } = setup;
  const trials = states.length;
  const plan = planStep(graph, setup.traits, { trials, fuse: setup.fuse });
  const buffers = new Map(
    plan.buffers
      .filter(({ storage }) => storage !== 'transient')
      .map(({ name, bytes }) => [name, storageBuffer(gpu, name, bytes)]),
  );
  const tables = createTables(gpu, setup.steps.length);
  write(gpu, tables.steps, new Uint8Array(packSteps(setup.steps)));
  write(gpu, tables.trials, new Uint8Array(packTrials(setup.records)));
  const { rows: samples, columns: pixels } = graph.tensors.find(({ name }) => name === 'images')!;
  const stride = Math.ceil(pixels / 4) * 4;
  const padded = new Uint8Array(samples * stride);
  for (let row = 0; row < samples; row++)
    padded.set(setup.images.subarray(row * pixels, (row + 1) * pixels), row * stride);
  write(gpu, buffers.get('images')!, padded);
  write(gpu, buffers.get('labels')!, Uint32Array.from(setup.labels));
  const indices = buffers.get('indices')!;
  setup.indices.forEach((order, trial) => {
    write(gpu, indices, order, trial * (indices.size / trials));
  });
  const reset = (): void => {
    states.forEach((state, trial) => {
      for (const [name, values] of Object.entries(state) as [string, Float32Array<ArrayBuffer>][])
        write(gpu, buffers.get(name)!, values, trial * values.byteLength);
    });
  };
  reset();
  const program = await createProgram(gpu, plan, buffers, tables);
  return {
    has: (name) => buffers.has(name),
    reset,
    run(first, count) {
      replay(gpu, program, first, count, setup.records.length);
    },
    async read(name, trial = 0) {
      const buffer = buffers.get(name)!;
      const bytes = buffer.size / trials;
      return new Float32Array(await readBuffer(gpu, buffer, trial * bytes, bytes));
    },
    release() {
      program.release();
      for (const buffer of [...buffers.values(), tables.steps, tables.trials]) gpu.release(buffer);
    },
  };
}

/** A parameter arena as the layers of the reference. */
export function layersOf(graph: Graph, arena: Float32Array): Layer[] {
  return Array.from({ length: graph.parameters.length / 2 }, (_, i): Layer => {
    const [weights, bias] = [graph.parameters[2 * i]!, graph.parameters[2 * i + 1]!];
    return {
      inputs: weights.value.rows,
      outputs: weights.value.columns,
      weights: unpackParameter(weights, arena),
      bias: unpackParameter(bias, arena),
    };
  });
}

/** An arena of values that `draw` gives, with padding and gaps of zero; one array per parameter fills it. */
export function packArena(graph: Graph, values: readonly ArrayLike<number>[]): Float32Array<ArrayBuffer> {
  const arena = new Float32Array(elements(graph.arenas!.parameters));
  graph.parameters.forEach(({ value }, which) => {
    const stride = Math.ceil(value.columns / 4) * 4;
    for (let row = 0; row < value.rows; row++)
      for (let column = 0; column < value.columns; column++)
        arena[value.view!.offset + row * stride + column] = values[which]![row * value.columns + column]!;
  });
  return arena;
}

/** Runs whole training steps on the device, from a state that a test gives, and reads everything back. */
import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import { createSession, planStep, replay, type Graph } from '../../src/graph/index.js';
import { padRows, type StepRecord, type TrialRecord } from '../../src/kernels/index.js';
import { packParameters, unpackParameter } from '../../src/model/index.js';
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
  const { graph, states, steps, records } = setup;
  const trials = states.length;
  const plan = planStep(graph, setup.traits, { trials, fuse: setup.fuse });
  return createSession(gpu, { steps: steps.length, trials }, async (session) => {
    const program = await session.program(plan);
    session.writeSteps(steps);
    session.writeTrials(records);
    const { columns } = graph.tensors.find(({ name }) => name === 'images')!;
    session.write('images', padRows(setup.images, columns));
    session.write('labels', Uint32Array.from(setup.labels));
    for (const [trial, order] of setup.indices.entries()) session.write('indices', order, trial);
    const reset = (): void => {
      for (const [trial, state] of states.entries())
        for (const [name, values] of Object.entries(state) as [string, Float32Array<ArrayBuffer>][])
          // SGD has no second moments.
          if (session.buffers.has(name)) session.write(name, values, trial);
    };
    reset();
    return {
      has: (name) => session.buffers.has(name),
      reset,
      run: (first, count) => {
        replay(gpu, program, first, count, records.length);
      },
      read: async (name, trial) => new Float32Array(await session.read(name, trial)),
      release: () => {
        session.release();
      },
    };
  });
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

/** An arena of row-major values, one array per parameter, with padding and gaps of zero. */
export function packArena(graph: Graph, values: readonly ArrayLike<number>[]): Float32Array<ArrayBuffer> {
  return packParameters(
    graph,
    new Map(graph.parameters.map(({ name }, i) => [name, Float32Array.from(values[i]!)])),
  );
}

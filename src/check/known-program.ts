/** A known network on the adapter: its two trials, and its dispatches run one by one. */
import { assert } from '../base/errors.js';
import { Readback, type AdapterTraits, type Gpu } from '../gpu/index.js';
import {
  kernelLabel,
  planStep,
  root,
  trialStride,
  withSession,
  type Graph,
  type Plan,
  type PlannedDispatch,
  type Program,
  type Session,
  type Tensor,
} from '../graph/index.js';
import { elements, padded, padRows, type StepRecord } from '../kernels/index.js';
import { compare, type Tally } from './comparison.js';
import type { Expected } from './ball.js';
import type { ExpectedTensors } from './expected-step.js';
import {
  arenaNames,
  knownTrials,
  labelsOf,
  orderOf,
  pixelsOf,
  type Arenas,
  type KnownNetwork,
} from './known-network.js';

/** A program of a known network with everything that it works on. */
export interface KnownProgram extends Omit<KnownSetup, 'traits' | 'fuse'> {
  readonly program: Program;
  readonly session: Session;
}

export interface KnownSetup {
  readonly network: KnownNetwork;
  readonly graph: Graph;
  readonly traits: AdapterTraits;
  readonly fuse: boolean;
  /** The table that its dispatches find their steps in. */
  readonly steps: readonly StepRecord[];
}

/** The slots of the trial table: the other way round, so that a slot is no trial's index. */
const slots = knownTrials.toReversed();

/** Runs `body` on a program with its data and tables. Arenas and results hold 0 to begin with. */
export async function withKnownProgram<T>(
  gpu: Gpu,
  { network, graph, traits, fuse, steps }: KnownSetup,
  body: (known: KnownProgram) => Promise<T>,
): Promise<T> {
  const trials = knownTrials.length;
  return withSession(gpu, { steps: steps.length, trials }, async (session) => {
    const program = await session.program(planKnown(network, graph, traits, fuse));
    const has = (name: string): boolean => session.buffers.has(name);
    if (has('images')) session.write('images', padRows(pixelsOf(network), network.mlp.inputs));
    if (has('labels')) session.write('labels', Uint32Array.from(labelsOf(network)));
    if (has('indices'))
      for (const trial of knownTrials) session.write('indices', orderOf(trial), trial.index);
    session.writeSteps(steps);
    session.writeTrials(slots);
    const result = await body({ network, graph, program, session, steps });
    gpu.check();
    return result;
  });
}

/** A step of a known network, in its form. */
export function planKnown({ form }: KnownNetwork, graph: Graph, traits: AdapterTraits, fuse: boolean): Plan {
  const { together } = form;
  return planStep(graph, traits, {
    trials: knownTrials.length,
    fuse,
    ...(together === undefined ? {} : { together }),
  });
}

/** Writes each trial's parameters and moments, as far as the program has them. */
export function writeStates({ session }: KnownProgram, states: readonly Arenas[]): void {
  for (const [trial, state] of states.entries())
    for (const [name, values] of state) if (session.buffers.has(name)) session.write(name, values, trial);
}

export async function readStates({ session }: KnownProgram): Promise<Arenas[]> {
  const states: Arenas[] = [];
  for (const { index } of knownTrials) {
    const arenas = arenaNames.map(
      async (name) => [name, new Float32Array(await session.read(name, index))] as const,
    );
    states.push(new Map(await Promise.all(arenas)));
  }
  return states;
}

/**
 * Runs one step in one submit and compares what each dispatch wrote, in their order, up to the first that
 * wrote something wrong.
 * @param step index in the table
 * @param wanted by trial
 */
export async function checkStep(
  known: KnownProgram,
  step: number,
  wanted: readonly ExpectedTensors[],
  tally: Tally,
): Promise<void> {
  const { program, session } = known;
  const { device } = session.gpu;
  const checks = program.plan.dispatches.map((dispatch) => {
    const outputs = outputsOf(known.graph, dispatch, known.steps[step]!, wanted);
    assert(outputs.length > 0, `nothing is known of what ${kernelLabel(dispatch)} writes`);
    return { kernel: kernelLabel(dispatch), outputs };
  });
  const ranges = checks.flatMap(({ outputs }) =>
    outputs.map(({ tensor, offset, length, trial }) => ({
      buffer: program.bufferOf(tensor),
      offset: 4 * (trial * trialStride(tensor) + offset),
      bytes: 4 * length,
    })),
  );
  const readback = session.own(new Readback(session.gpu, 'known step', ranges));
  const encoder = device.createCommandEncoder({ label: 'known step' });
  let encoded = 0;
  for (const [index, { outputs }] of checks.entries()) {
    program.encodeDispatch(encoder, index, step, slots.length);
    // Right behind the dispatch: tensors that live within a step share their buffers.
    readback.encode(encoder, encoded, (encoded += outputs.length));
  }
  device.queue.submit([encoder.finish()]);
  const data = (await readback.read()).values();
  for (const { kernel, outputs } of checks) {
    for (const output of outputs) {
      const origin = { kernel, tensor: output.name, trial: output.trial };
      compare(origin, valuesOf(output, data.next().value!), output.wanted, tally);
    }
    if (tally.faults.length > 0) return;
  }
}

/** A part of a trial's slice of what a dispatch wrote that is known. In elements. */
interface KnownOutput {
  /** Where it lies. */
  readonly tensor: Tensor;
  readonly offset: number;
  readonly length: number;
  readonly name: string;
  readonly columns: number;
  readonly trial: number;
  readonly wanted: Expected;
}

function outputsOf(
  graph: Graph,
  { op }: PlannedDispatch,
  step: StepRecord,
  wanted: readonly ExpectedTensors[],
): KnownOutput[] {
  const written = [...Object.values(op.writes), ...Object.values(op.updates)];
  const parts = written.flatMap((tensor) =>
    partsOf(graph, tensor).map((part) => ({ tensor, part, start: part.view?.offset ?? 0 })),
  );
  return wanted.flatMap((tensors, trial) =>
    parts.flatMap(({ tensor, part, start }): KnownOutput[] => {
      const { name, columns } = part;
      const expected = tensors.get(name);
      if (expected === undefined) return [];
      const known = { tensor, name, trial, wanted: expected };
      const length = elements(part);
      if (name !== 'metrics') return [{ ...known, offset: start, length, columns }];
      // A short batch may lack tiles that its record has places for.
      const count = expected.balls.length;
      const offset = step.slot * 2 * op.attributes.tiles!;
      return [{ ...known, offset, length: count, columns: count }];
    }),
  );
}

/** A tensor by itself, or the parameters, gradients or moments that an arena or a window onto it covers. */
function partsOf(graph: Graph, tensor: Tensor): Tensor[] {
  const start = tensor.view?.offset ?? 0;
  const parts = graph.tensors.filter(
    ({ view }) =>
      view?.arena.name === root(tensor).name &&
      view.offset >= start &&
      view.offset < start + elements(tensor),
  );
  return parts.length === 0 ? [tensor] : parts;
}

const wholeNumbers = /^(batch\.labels|predictions|confusion|flags of .*)$/;

/** The elements that are expected, without padding. */
function valuesOf({ name, columns, wanted }: KnownOutput, data: ArrayBuffer): number[] {
  const floats = new Float32Array(data);
  const words = new Uint32Array(data);
  if (name === 'metrics') return wanted.balls.map((_, i) => (i % 2 === 0 ? floats[i]! : words[i]!));
  const source = wholeNumbers.test(name) ? words : floats;
  const stride = padded(columns);
  return wanted.balls.map((_, i) => source[Math.floor(i / wanted.columns) * stride + (i % wanted.columns)]!);
}

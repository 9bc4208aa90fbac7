/** A known network on the adapter: its two trials, and its dispatches run one by one. */
import { assert } from '../base/errors.js';
import { Readback, type AdapterTraits, type Gpu } from '../gpu/index.js';
import {
  kernelLabel,
  planStep,
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
import type { Expected } from './expected-matrix.js';
import type { ExpectedTensors } from './expected-step.js';
import {
  knownTrials,
  labelsOf,
  networkOf,
  orderOf,
  pixels,
  type Arenas,
  type KnownForm,
} from './known-network.js';

/** A program of a known network with everything that it works on. */
export interface KnownProgram {
  readonly gpu: Gpu;
  readonly graph: Graph;
  readonly plan: Plan;
  readonly program: Program;
  readonly session: Session;
  /** The table that its dispatches find their steps in. */
  readonly steps: readonly StepRecord[];
}

export interface KnownSetup {
  readonly form: KnownForm;
  readonly graph: Graph;
  readonly traits: AdapterTraits;
  readonly fuse: boolean;
  readonly steps: readonly StepRecord[];
}

/** The slots of the trial table: the other way round, so that a slot is no trial's index. */
const slots = knownTrials.toReversed();

/** Runs `body` on a program with its data and tables. Arenas and results hold 0 to begin with. */
export async function withKnownProgram<T>(
  gpu: Gpu,
  { form, graph, traits, fuse, steps }: KnownSetup,
  body: (known: KnownProgram) => Promise<T>,
): Promise<T> {
  const trials = knownTrials.length;
  const plan = planStep(graph, traits, { trials, fuse });
  return withSession(gpu, { steps: steps.length, trials }, async (session) => {
    const program = await session.program(plan);
    writeData(session, form);
    session.writeSteps(steps);
    session.writeTrials(slots);
    const result = await body({ gpu, graph, plan, program, session, steps });
    gpu.check();
    return result;
  });
}

function writeData(session: Session, form: KnownForm): void {
  const has = (name: string): boolean => session.buffers.has(name);
  if (has('images')) session.write('images', padRows(pixels, networkOf(form).inputs));
  if (has('labels')) session.write('labels', Uint32Array.from(labelsOf(form)));
  if (!has('indices')) return;
  for (const trial of knownTrials) session.write('indices', orderOf(trial), trial.index);
}

/** Writes parameters and moments, as far as the program has them. */
export function writeState({ session }: KnownProgram, trial: number, state: Arenas): void {
  for (const [name, values] of Object.entries(state) as [string, Float32Array<ArrayBuffer>][])
    if (session.buffers.has(name)) session.write(name, values, trial);
}

export async function readState({ session }: KnownProgram, trial: number): Promise<Arenas> {
  const read = async (name: keyof Arenas): Promise<Float32Array<ArrayBuffer>> =>
    new Float32Array(await session.read(name, trial));
  return {
    parameters: await read('parameters'),
    first_moments: await read('first_moments'),
    second_moments: await read('second_moments'),
  };
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
  const { gpu, graph, plan, program } = known;
  const checks = plan.dispatches.map((dispatch) => outputsOf(graph, dispatch, known.steps[step]!, wanted));
  plan.dispatches.forEach((dispatch, index) => {
    assert(checks[index]!.length > 0, `nothing is known of what ${kernelLabel(dispatch)} writes`);
  });
  const ranges = checks.flat().map(({ tensor, offset, length, trial }) => ({
    buffer: program.bufferOf(tensor),
    offset: 4 * (trial * trialStride(tensor) + offset),
    bytes: 4 * length,
  }));
  const readback = new Readback(gpu, 'known step', ranges);
  try {
    const encoder = gpu.device.createCommandEncoder({ label: 'known step' });
    let encoded = 0;
    for (const [index, { length }] of checks.entries()) {
      program.encodeDispatch(encoder, index, step, slots.length);
      // Right behind the dispatch: tensors that live within a step share their buffers.
      readback.encode(encoder, encoded, (encoded += length));
    }
    gpu.device.queue.submit([encoder.finish()]);
    const data = (await readback.read()).values();
    for (const [index, dispatch] of plan.dispatches.entries()) {
      for (const check of checks[index]!) {
        const origin = { kernel: kernelLabel(dispatch), tensor: check.name, trial: check.trial };
        compare(origin, valuesOf(check, data.next().value!), check.wanted, tally);
      }
      if (tally.faults.length > 0) return;
    }
  } finally {
    readback.release();
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

/** A tensor by itself, or the parameters, gradients or moments that a window onto an arena covers. */
function partsOf(graph: Graph, tensor: Tensor): Tensor[] {
  const { view } = tensor;
  if (view === undefined) return [tensor];
  return graph.parameters
    .flatMap(({ value, gradient, firstMoment, secondMoment }) => [firstMoment, secondMoment, value, gradient])
    .filter(
      ({ view: part }) =>
        part!.arena.name === view.arena.name &&
        part!.offset >= view.offset &&
        part!.offset < view.offset + elements(tensor),
    );
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

/** A known network on the adapter: its two trials, and its dispatches run one by one. */
import { assert } from '../base/errors.js';
import { Readback, readBuffer, storageBuffer, write, type AdapterTraits, type Gpu } from '../gpu/index.js';
import {
  createProgram,
  createTables,
  kernelLabel,
  planStep,
  trialStride,
  type Graph,
  type Plan,
  type PlannedDispatch,
  type Program,
  type Tensor,
} from '../graph/index.js';
import { elements, packSteps, packTrials, padded, type StepRecord } from '../kernels/index.js';
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
  /** Buffers that outlive a step, by name. */
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
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

/** Makes a program, writes data and tables, and releases everything after `body`. Arenas and results hold 0 to begin with. */
export async function withKnownProgram<T>(
  gpu: Gpu,
  { form, graph, traits, fuse, steps }: KnownSetup,
  body: (known: KnownProgram) => Promise<T>,
): Promise<T> {
  const plan = planStep(graph, traits, { trials: knownTrials.length, fuse });
  const given = plan.buffers.filter(({ storage }) => storage !== 'transient');
  const { buffers, tables } = gpu.allOrNone(() => ({
    buffers: new Map(given.map(({ name, bytes }) => [name, storageBuffer(gpu, name, bytes)])),
    tables: createTables(gpu, steps.length),
  }));
  let program: Program | undefined;
  try {
    writeData(gpu, form, buffers);
    write(gpu, tables.steps, new Uint8Array(packSteps(steps)));
    write(gpu, tables.trials, new Uint8Array(packTrials(slots)));
    program = await createProgram(gpu, plan, buffers, tables);
    const result = await body({ gpu, graph, plan, program, buffers, steps });
    gpu.check();
    return result;
  } finally {
    program?.release();
    for (const buffer of [...buffers.values(), tables.steps, tables.trials]) gpu.release(buffer);
  }
}

function writeData(gpu: Gpu, form: KnownForm, buffers: ReadonlyMap<string, GPUBuffer>): void {
  const images = buffers.get('images');
  if (images !== undefined) {
    const { inputs } = networkOf(form);
    const stride = padded(inputs);
    const rows = new Uint8Array((pixels.length / inputs) * stride);
    for (let row = 0; row * inputs < pixels.length; row++)
      rows.set(pixels.subarray(row * inputs, (row + 1) * inputs), row * stride);
    write(gpu, images, rows);
  }
  const labels = buffers.get('labels');
  if (labels !== undefined) write(gpu, labels, Uint32Array.from(labelsOf(form)));
  for (const trial of knownTrials) writeSlice(gpu, buffers.get('indices'), trial.index, orderOf(trial));
}

/** @param buffer of all trials; undefined where a program has none */
export function writeSlice(
  gpu: Gpu,
  buffer: GPUBuffer | undefined,
  trial: number,
  values: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
): void {
  if (buffer !== undefined) write(gpu, buffer, values, trial * (buffer.size / knownTrials.length));
}

/** Writes parameters and moments, as far as the program has them. */
export function writeState({ gpu, buffers }: KnownProgram, trial: number, state: Arenas): void {
  for (const [name, values] of Object.entries(state) as [string, Float32Array<ArrayBuffer>][])
    writeSlice(gpu, buffers.get(name), trial, values);
}

export async function readState({ gpu, buffers }: KnownProgram, trial: number): Promise<Arenas> {
  const read = async (name: string): Promise<Float32Array<ArrayBuffer>> => {
    const buffer = buffers.get(name)!;
    const bytes = buffer.size / knownTrials.length;
    return new Float32Array(await readBuffer(gpu, buffer, trial * bytes, bytes));
  };
  return {
    parameters: await read('parameters'),
    first_moments: await read('first_moments'),
    second_moments: await read('second_moments'),
  };
}

/**
 * Runs one step in one submit and compares whatever each dispatch wrote, in their order, up to the first that wrote something wrong.
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
  const encoder = gpu.device.createCommandEncoder({ label: 'known step' });
  const checks = plan.dispatches.map((dispatch) => outputsOf(graph, dispatch, known.steps[step]!, wanted));
  plan.dispatches.forEach((dispatch, index) => {
    assert(checks[index]!.length > 0, `nothing is known of what ${kernelLabel(dispatch)} writes`);
  });
  const readbacks: Readback[] = [];
  try {
    for (const [index, dispatch] of plan.dispatches.entries()) {
      const pass = encoder.beginComputePass();
      program.encodeDispatch(pass, index, step, slots.length);
      pass.end();
      // Right behind the dispatch: tensors that live within a step share their buffers.
      const ranges = checks[index]!.map(({ tensor, offset, length, trial }) => ({
        buffer: program.bufferOf(tensor),
        offset: 4 * (trial * trialStride(tensor) + offset),
        bytes: 4 * length,
      }));
      const readback = new Readback(gpu, dispatch.op.name, ranges);
      readbacks.push(readback);
      readback.encode(encoder);
    }
    gpu.device.queue.submit([encoder.finish()]);
    for (const [index, dispatch] of plan.dispatches.entries()) {
      const data = await readbacks[index]!.read();
      for (const [at, check] of checks[index]!.entries()) {
        const origin = { kernel: kernelLabel(dispatch), tensor: check.name, trial: check.trial };
        compare(origin, valuesOf(check, data[at]!), check.wanted, tally);
      }
      if (tally.faults.length > 0) return;
    }
  } finally {
    for (const readback of readbacks) readback.release();
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
      const expected = tensors.get(part.name);
      if (expected === undefined) return [];
      const { name } = part;
      if (name !== 'metrics')
        return [
          {
            tensor,
            offset: start,
            length: elements(part),
            name,
            columns: part.columns,
            trial,
            wanted: expected,
          },
        ];
      // A short batch may lack tiles that its record has places for.
      const length = expected.balls.length;
      const offset = step.slot * 2 * op.attributes.tiles!;
      return [{ tensor, offset, length, name, columns: length, trial, wanted: expected }];
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

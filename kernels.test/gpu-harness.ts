/** Runs one kernel by itself: what the kernel tests are made of. */
import { Readback, storageBuffer, write, type AdapterTraits, type Gpu } from '../src/gpu/index.js';
import {
  addOp,
  addTensor,
  createGraph,
  createProgram,
  createTables,
  planStep,
  replay,
} from '../src/graph/index.js';
import type { Graph, Program, Tensor } from '../src/graph/index.js';
import { packSteps, packTrials, type StepRecord, type TrialRecord } from '../src/kernels/index.js';
import { layoutOf, requireOnlyAllowedWrites, startContents, unpad, type TestTensor } from './gpu-memory.js';

export type { TestTensor } from './gpu-memory.js';

export { poison } from './gpu-memory.js';

export interface KernelRun {
  readonly kernel: string;
  readonly tensors: Readonly<Record<string, TestTensor>>;
  readonly attributes?: Readonly<Record<string, number>>;
  /** Trials in the tensors; by default 1. */
  readonly trials?: number;
  /** Which trials run, in slot order, with their settings; by default all of them, seed 0 and no dropout. */
  readonly slots?: readonly Partial<TrialRecord>[];
  readonly step?: Partial<StepRecord>;
  /** Stands in for the adapter's, to choose another variant. */
  readonly traits?: AdapterTraits;
  /** Raw bytes instead of packed values for a binding, such as images. */
  readonly raw?: Readonly<Record<string, Uint8Array>>;
}

/** The logical values of every tensor after the run, per trial, as f32 and as bits. */
export interface KernelResult {
  readonly f32: (name: string, trial?: number) => Float32Array;
  readonly u32: (name: string, trial?: number) => Uint32Array;
  /** The whole padded slice of a trial. */
  readonly slice: (name: string, trial?: number) => Float32Array;
}

/** The slot table of a run, with every setting spelled out. */
export function slotsOf(run: KernelRun): TrialRecord[] {
  const slots = run.slots ?? Array.from({ length: run.trials ?? 1 }, () => ({}));
  return slots.map((record, index) => ({
    index,
    seed: 0,
    dropout: 0,
    learningRate: 1e-3,
    weightDecay: 0,
    decay: 'decoupled',
    ...record,
  }));
}

/**
 * Runs one kernel once under error scopes, on outputs and surroundings filled with poison.
 * @throws what the GPU reported; or which word was changed that the kernel must not write: an input, a tensor of a trial
 * that has no slot, what lies around a tensor; or which word of an output was not written
 */
export async function runKernel(gpu: Gpu, run: KernelRun): Promise<KernelResult> {
  const found = await underErrorScopes(gpu, async () => {
    const prepared = await prepareKernel(gpu, run);
    try {
      replay(gpu, prepared.program, 0, 1, prepared.slots);
      return await readAll(gpu, prepared.buffers);
    } finally {
      prepared.release();
    }
  });
  const trials = run.trials ?? 1;
  const active = new Set(slotsOf(run).map(({ index }) => index));
  for (const [name, tensor] of Object.entries(run.tensors)) {
    const start = startContents(tensor, trials, run.raw?.[name]);
    requireOnlyAllowedWrites(`${run.kernel}: ${name}`, tensor, trials, active, start, found.get(name)!);
  }
  const slice = (name: string, trial = 0): Uint32Array => {
    const { start, size } = layoutOf(run.tensors[name]!, trials);
    return found.get(name)!.slice(start(trial), start(trial) + size);
  };
  const logical = (name: string, trial = 0): Uint32Array => unpad(slice(name, trial), run.tensors[name]!);
  return {
    u32: logical,
    f32: (name, trial = 0) => new Float32Array(logical(name, trial).buffer),
    slice: (name, trial = 0) => new Float32Array(slice(name, trial).buffer),
  };
}

/** A kernel ready to run, for benchmarks that replay it many times. */
export async function prepareKernel(
  gpu: Gpu,
  run: KernelRun,
): Promise<{
  readonly program: Program;
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
  readonly slots: number;
  readonly release: () => void;
}> {
  const trials = run.trials ?? 1;
  const graph = createGraph();
  const groups = { reads: {}, writes: {}, updates: {} } as Record<TestTensor['role'], Record<string, Tensor>>;
  for (const [name, tensor] of Object.entries(run.tensors)) {
    groups[tensor.role][name] = declare(graph, name, tensor, run.raw?.[name] !== undefined);
  }
  const op = addOp(graph, {
    kernel: run.kernel,
    name: run.kernel,
    ...groups,
    attributes: run.attributes ?? {},
  });
  const plan = planStep({ ...graph, ops: [op] }, run.traits ?? gpu.traits, { trials, fuse: false });

  const buffers = new Map<string, GPUBuffer>();
  const tables = createTables(gpu, 1);
  const release = (): void => {
    for (const buffer of [...buffers.values(), tables.steps, tables.trials]) gpu.release(buffer);
  };
  try {
    for (const [name, tensor] of Object.entries(run.tensors)) {
      const contents = startContents(tensor, trials, run.raw?.[name]);
      const buffer = storageBuffer(gpu, name, contents.byteLength);
      buffers.set(name, buffer);
      write(gpu, buffer, contents);
    }
    const rows = run.step?.rows ?? 1;
    write(
      gpu,
      tables.steps,
      new Uint8Array(packSteps([{ number: 0, slot: 0, offset: 0, ...run.step, rows }])),
    );
    const slots = slotsOf(run);
    write(gpu, tables.trials, new Uint8Array(packTrials(slots)));
    const program = await createProgram(gpu, plan, buffers, tables);
    const releaseAll = (): void => {
      program.release();
      release();
    };
    return { program, buffers, slots: slots.length, release: releaseAll };
  } catch (error) {
    release();
    throw error;
  }
}

/** The tensor as the graph knows it; the buffer is found by the name of the binding either way. */
function declare(graph: Graph, name: string, tensor: TestTensor, packed: boolean): Tensor {
  const { rows, columns, arena } = tensor;
  const shape = { rows, columns, vector: tensor.vector ?? false };
  const storage = tensor.shared === true ? 'shared' : 'persistent';
  if (arena === undefined) {
    return addTensor(graph, name, { ...shape, ...(packed ? { packedBytes: true } : {}) }, storage);
  }
  const { stride } = layoutOf(tensor, 1);
  const whole = addTensor(graph, name, { rows: 1, columns: stride, vector: true }, storage);
  const window = addTensor(graph, `${name} in its arena`, shape, storage);
  return { ...window, view: { arena: whole, offset: arena.before } };
}

/** Reports what the GPU has to say against `work`, whether or not it throws. */
async function underErrorScopes<T>(gpu: Gpu, work: () => Promise<T>): Promise<T> {
  gpu.device.pushErrorScope('validation');
  gpu.device.pushErrorScope('out-of-memory');
  const [outcome] = await Promise.allSettled([work()]);
  const errors = [await gpu.device.popErrorScope(), await gpu.device.popErrorScope()];
  if (outcome.status === 'rejected') throw outcome.reason;
  for (const error of errors) if (error !== null) throw new Error(error.message);
  gpu.check();
  return outcome.value;
}

async function readAll(gpu: Gpu, buffers: ReadonlyMap<string, GPUBuffer>): Promise<Map<string, Uint32Array>> {
  const ranges = [...buffers.values()].map((buffer) => ({ buffer, offset: 0, bytes: buffer.size }));
  const readback = new Readback(gpu, 'test', ranges);
  try {
    const encoder = gpu.device.createCommandEncoder();
    readback.encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const parts = await readback.read();
    return new Map([...buffers.keys()].map((name, i) => [name, new Uint32Array(parts[i]!)]));
  } finally {
    readback.release();
  }
}

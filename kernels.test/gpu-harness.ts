/** Runs one kernel by itself: what the kernel tests are made of. */
import { readBuffer, storageBuffer, write, type AdapterTraits, type Gpu } from '../src/gpu/index.js';
import {
  addOp,
  addTensor,
  createGraph,
  createProgram,
  createTables,
  planStep,
  replay,
} from '../src/graph/index.js';
import type { Op, Program, Tensor } from '../src/graph/index.js';
import {
  elements,
  packSteps,
  packTrials,
  padded,
  type StepRecord,
  type TrialRecord,
} from '../src/kernels/index.js';

/** One binding of the kernel: its logical shape, and one array per trial. */
export interface TestTensor {
  readonly role: 'reads' | 'writes' | 'updates';
  readonly rows: number;
  readonly columns: number;
  readonly vector?: boolean;
  /** One tensor for all trials: `data` has a single entry. */
  readonly shared?: boolean;
  /**
   * Per trial, row-major logical values (f32, or u32 bits in a Uint32Array); left out for `writes`, which start as
   * garbage.
   */
  readonly data?: readonly (Float32Array | Uint32Array)[];
}

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
  readonly raw?: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
}

/** The logical values of every tensor after the run, per trial, as f32 and as bits. */
export interface KernelResult {
  readonly f32: (name: string, trial?: number) => Float32Array;
  readonly u32: (name: string, trial?: number) => Uint32Array;
  /** The whole padded slice of a trial. */
  readonly slice: (name: string, trial?: number) => Float32Array;
}

/** Written into every output before the run: an element that the kernel forgot shows as this NaN. */
export const poison = 0x7fc0dead;

/** Runs one kernel once under error scopes. @throws what the GPU reported */
export async function runKernel(gpu: Gpu, run: KernelRun): Promise<KernelResult> {
  gpu.device.pushErrorScope('validation');
  gpu.device.pushErrorScope('out-of-memory');
  const prepared = await prepareKernel(gpu, run);
  replay(gpu, prepared.program, 0, 1, prepared.slots);
  const found = new Map<string, ArrayBuffer>();
  for (const [name, buffer] of prepared.buffers) found.set(name, await readBuffer(gpu, buffer));
  prepared.release();
  for (const error of [await gpu.device.popErrorScope(), await gpu.device.popErrorScope()]) {
    if (error !== null) throw new Error(error.message);
  }
  gpu.check();
  const slice = (name: string, trial = 0): Uint32Array => {
    const tensor = run.tensors[name]!;
    const size = elements(tensor);
    return new Uint32Array(found.get(name)!, 4 * trial * size, size);
  };
  const logical = (name: string, trial = 0): Uint32Array => unpad(slice(name, trial), run.tensors[name]!);
  return {
    u32: logical,
    f32: (name, trial = 0) => new Float32Array(logical(name, trial).buffer),
    slice: (name, trial = 0) => new Float32Array(slice(name, trial).slice().buffer),
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
  const buffers = new Map<string, GPUBuffer>();
  for (const [name, tensor] of Object.entries(run.tensors)) {
    const shape = { rows: tensor.rows, columns: tensor.columns, vector: tensor.vector ?? false };
    const shared = tensor.shared === true;
    groups[tensor.role][name] = addTensor(graph, name, shape, shared ? 'shared' : 'persistent');
    const raw = run.raw?.[name];
    const size = elements(tensor);
    const bytes = raw?.byteLength ?? 4 * size * (shared ? 1 : trials);
    const buffer = storageBuffer(gpu, name, bytes);
    buffers.set(name, buffer);
    if (raw !== undefined) {
      write(gpu, buffer, raw);
      continue;
    }
    for (let trial = 0; trial < (shared ? 1 : trials); trial++) {
      const data = tensor.data?.[trial];
      const values = data === undefined ? new Uint32Array(size).fill(poison) : pad(data, tensor);
      write(gpu, buffer, values, 4 * trial * size);
    }
  }
  const op: Op = addOp(graph, {
    kernel: run.kernel,
    name: run.kernel,
    ...groups,
    attributes: run.attributes ?? {},
  });
  const plan = planStep({ ...graph, ops: [op] }, run.traits ?? gpu.traits, { trials, fuse: false });
  const tables = createTables(gpu, 1);
  const rows = run.step?.rows ?? 1;
  write(gpu, tables.steps, new Uint8Array(packSteps([{ number: 0, slot: 0, offset: 0, ...run.step, rows }])));
  const slots = (run.slots ?? Array.from({ length: trials }, () => ({}))).map(
    (record, index): TrialRecord => ({
      index,
      seed: 0,
      dropout: 0,
      learningRate: 1e-3,
      weightDecay: 0,
      decay: 'decoupled',
      ...record,
    }),
  );
  write(gpu, tables.trials, new Uint8Array(packTrials(slots)));
  const program = await createProgram(gpu, plan, buffers, tables);
  return {
    program,
    buffers,
    slots: slots.length,
    release: () => {
      program.release();
      for (const buffer of [...buffers.values(), tables.steps, tables.trials]) gpu.release(buffer);
    },
  };
}

/** Logical row-major values into padded storage; padding is zero. */
export function pad(data: Float32Array | Uint32Array, shape: TestTensor): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const stride = padded(shape.columns);
  const out = new Uint32Array(elements(shape));
  for (let row = 0; row < shape.rows; row++) {
    out.set(bits.subarray(row * shape.columns, (row + 1) * shape.columns), row * stride);
  }
  return out;
}

function unpad(slice: Uint32Array, shape: TestTensor): Uint32Array {
  const stride = padded(shape.columns);
  const out = new Uint32Array(shape.rows * shape.columns);
  for (let row = 0; row < shape.rows; row++) {
    out.set(slice.subarray(row * stride, row * stride + shape.columns), row * shape.columns);
  }
  return out;
}

/** Runs one kernel by itself: what the kernel tests are made of. */
import type { AdapterTraits, Gpu } from '../src/gpu/index.js';
import {
  addOp,
  addTensor,
  createGraph,
  firstStep,
  plainTrial,
  planStep,
  replay,
  withSession,
  type Graph,
  type Plan,
  type Tensor,
} from '../src/graph/index.js';
import type { KernelName, StepRecord, TrialRecord } from '../src/kernels/index.js';
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
  return slots.map((record, index) => ({ ...plainTrial, index, ...record }));
}

/**
 * Runs one kernel once under error scopes, on outputs and surroundings filled with poison.
 * @throws what the GPU reported; or which word was changed that the kernel must not write: an input, a tensor
 * of a trial that has no slot, what lies around a tensor; or which word of an output was not written
 */
export async function runKernel(gpu: Gpu, run: KernelRun): Promise<KernelResult> {
  const found = await underErrorScopes(gpu, () => execute(gpu, run));
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

/** @returns what every tensor's buffer holds after the run */
function execute(gpu: Gpu, run: KernelRun): Promise<Map<string, Uint32Array>> {
  const plan = planKernel(run, run.traits ?? gpu.traits);
  return withSession(gpu, {}, async (session) => {
    for (const [name, tensor] of Object.entries(run.tensors)) {
      const contents = startContents(tensor, plan.trials, run.raw?.[name]);
      session.make(name, contents.byteLength);
      session.write(name, contents);
    }
    const slots = slotsOf(run);
    session.writeSteps([{ ...firstStep, ...run.step }]);
    session.writeTrials(slots);
    replay(gpu, await session.program(plan), 0, 1, slots.length);
    return session.readAll();
  });
}

function planKernel(
  { kernel, tensors, attributes = {}, trials = 1, raw }: KernelRun,
  traits: AdapterTraits,
): Plan {
  const graph = createGraph();
  const groups = { reads: {}, writes: {}, updates: {} } as Record<TestTensor['role'], Record<string, Tensor>>;
  for (const [name, tensor] of Object.entries(tensors))
    groups[tensor.role][name] = declare(graph, name, tensor, raw?.[name] !== undefined);
  // Tests name kernels that do not exist, too.
  const op = addOp(graph, { kernel: kernel as KernelName, name: kernel, ...groups, attributes });
  return planStep({ ...graph, ops: [op] }, traits, { trials, fuse: false });
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

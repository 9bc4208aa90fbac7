/** Training steps whose results are known: a small network on the adapter, beside the host's own account of it. */
import { readBuffer, storageBuffer, write, type Gpu } from '../../gpu/index.js';
import {
  createProgram,
  createTables,
  kernelLabel,
  overlaps,
  planStep,
  replay,
  type Graph,
  type Plan,
  type Program,
  type Tables,
  type Tensor,
} from '../../graph/index.js';
import { elements, packSteps, packTrials, padded } from '../../kernels/index.js';
import { unpackParameter } from '../../model/index.js';
import type { Expected } from './expected-matrix.js';
import {
  expected,
  firstState,
  knownGraph,
  labels,
  network,
  order,
  pixels,
  samples,
  settings,
  steps,
  type Arenas,
} from './known-network.js';

/** A tensor whose worst element is outside its bound, with the kernel that wrote it. */
export interface Fault {
  /** How the step ran: where kernels are fused, one before this one may be the cause. */
  readonly run: 'kernel by kernel' | 'fused';
  readonly kernel: string;
  readonly tensor: string;
  /** Row and column of the worst element. */
  readonly element: readonly [number, number];
  readonly found: string;
  readonly expected: number;
  readonly bound: number;
}

export interface KnownAnswer {
  readonly steps: number;
  /** Kernels that ran, with their variants. */
  readonly kernels: readonly string[];
  /** Numbers compared. */
  readonly compared: number;
  /** The largest error as a share of its bound: 1 is just within. Null stands for what no bound takes, as in JSON. */
  readonly worstShare: number | null;
  /** In the order in which they were computed: the first one is where it starts. */
  readonly faults: readonly Fault[];
}

/** Puts a fault into what is read back: for tests of the check itself. */
export type Tamper = (tensor: string, values: number[]) => void;

/**
 * Runs the first step kernel by kernel, comparing each result; then all steps as training runs them (fused), comparing after each;
 * then all of them again in one submit, which must give the same bits.
 * @throws the first error of the GPU
 */
export async function runKnownAnswer(gpu: Gpu, tamper: Tamper = () => undefined): Promise<KnownAnswer> {
  const tally: Tally = {
    run: 'kernel by kernel',
    kernels: new Set(),
    compared: 0,
    worstShare: 0,
    faults: [],
    tamper,
  };
  await withProgram(gpu, false, (known) => runKernelByKernel(known, tally));
  tally.run = 'fused';
  await withProgram(gpu, true, (known) => runFused(known, tally));
  const { kernels, compared, worstShare, faults } = tally;
  const share = Number.isFinite(worstShare) ? worstShare : null;
  return { steps: steps.length, kernels: [...kernels], compared, worstShare: share, faults };
}

/** The network on the adapter, before its first step. */
interface Known {
  readonly gpu: Gpu;
  readonly graph: Graph;
  readonly plan: Plan;
  readonly program: Program;
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
}

async function withProgram(gpu: Gpu, fuse: boolean, body: (known: Known) => Promise<void>): Promise<void> {
  const graph = knownGraph();
  const plan = planStep(graph, gpu.traits, { trials: 1, fuse });
  const given = plan.buffers.filter(({ storage }) => storage !== 'transient');
  const buffers = new Map(given.map(({ name, bytes }) => [name, storageBuffer(gpu, name, bytes)]));
  const tables = createTables(gpu, steps.length);
  let program: Program | undefined;
  try {
    writeData(gpu, buffers, tables);
    writeState(gpu, buffers, firstState(graph));
    program = await createProgram(gpu, plan, buffers, tables);
    await body({ gpu, graph, plan, program, buffers });
    gpu.check();
  } finally {
    program?.release();
    for (const buffer of [...buffers.values(), tables.steps, tables.trials]) gpu.release(buffer);
  }
}

function writeData(gpu: Gpu, buffers: ReadonlyMap<string, GPUBuffer>, tables: Tables): void {
  const stride = padded(network.inputs);
  const rows = new Uint8Array(samples * stride);
  for (let sample = 0; sample < samples; sample++)
    rows.set(pixels.subarray(sample * network.inputs, (sample + 1) * network.inputs), sample * stride);
  write(gpu, buffers.get('images')!, rows);
  write(gpu, buffers.get('labels')!, Uint32Array.from(labels));
  write(gpu, buffers.get('indices')!, order);
  write(gpu, tables.steps, new Uint8Array(packSteps(steps)));
  write(gpu, tables.trials, new Uint8Array(packTrials([{ index: 0, decay: 'decoupled', ...settings }])));
}

function writeState(gpu: Gpu, buffers: ReadonlyMap<string, GPUBuffer>, state: Arenas): void {
  for (const [name, values] of Object.entries(state) as [string, Float32Array<ArrayBuffer>][])
    write(gpu, buffers.get(name)!, values);
}

interface Tally {
  run: Fault['run'];
  readonly kernels: Set<string>;
  compared: number;
  worstShare: number;
  readonly faults: Fault[];
  readonly tamper: Tamper;
}

/** After each dispatch, whatever it wrote is read back and compared. */
async function runKernelByKernel({ gpu, graph, plan, program }: Known, tally: Tally): Promise<void> {
  const { tensors } = expected(graph, firstState(graph), steps[0]!);
  for (const [index, dispatch] of plan.dispatches.entries()) {
    const encoder = gpu.device.createCommandEncoder({ label: `known answer ${dispatch.op.name}` });
    const pass = encoder.beginComputePass();
    program.encodeDispatch(pass, index, 0, 1);
    pass.end();
    gpu.device.queue.submit([encoder.finish()]);
    const kernel = kernelLabel(dispatch);
    tally.kernels.add(kernel);
    for (const tensor of [...Object.values(dispatch.op.writes), ...Object.values(dispatch.op.updates)]) {
      const offset = 4 * (tensor.view?.offset ?? 0);
      const data = await readBuffer(gpu, program.bufferOf(tensor), offset, 4 * elements(tensor));
      const wanted = tensors.get(tensor.name);
      if (wanted !== undefined) compare(tensor.name, valuesOf(tensor, data, wanted), wanted, kernel, tally);
    }
  }
}

async function runFused(known: Known, tally: Tally): Promise<void> {
  const { gpu, graph, plan, program, buffers } = known;
  for (const dispatch of plan.dispatches) tally.kernels.add(kernelLabel(dispatch));
  let state = firstState(graph);
  for (const [index, step] of steps.entries()) {
    const { tensors } = expected(graph, state, step);
    replay(gpu, program, index, 1, 1);
    state = await readState(known);
    const words = await readBuffer(gpu, buffers.get('metrics')!, 8 * step.slot, 8);
    const metrics = [new Float32Array(words)[0]!, new Uint32Array(words)[1]!];
    compare('metrics', metrics, tensors.get('metrics')!, writers(plan, 'metrics'), tally);
    for (const parameter of graph.parameters)
      for (const [arena, tensor] of [
        [state.first_moments, parameter.firstMoment],
        [state.second_moments, parameter.secondMoment],
        [state.parameters, parameter.value],
      ] as const) {
        const values = [...unpackParameter(parameter, arena)];
        compare(tensor.name, values, tensors.get(tensor.name)!, writers(plan, tensor), tally);
      }
    if (tally.faults.length > 0) return;
  }
  writeState(gpu, buffers, firstState(graph));
  replay(gpu, program, 0, steps.length, 1);
  const again = await readState(known);
  for (const name of ['first_moments', 'second_moments', 'parameters'] as const) {
    const balls = Array.from(state[name], (x) => ({ x, r: 0 }));
    const wanted = { rows: 1, columns: balls.length, balls };
    compare(`${name} after ${steps.length} steps in one submit`, [...again[name]], wanted, 'replay', tally);
  }
}

async function readState({ gpu, buffers }: Known): Promise<Arenas> {
  const read = async (name: string): Promise<Float32Array<ArrayBuffer>> =>
    new Float32Array(await readBuffer(gpu, buffers.get(name)!));
  return {
    parameters: await read('parameters'),
    first_moments: await read('first_moments'),
    second_moments: await read('second_moments'),
  };
}

/** The fused kernels that write a tensor. */
function writers(plan: Plan, tensor: Tensor | 'metrics'): string {
  const isIt = (written: Tensor): boolean =>
    tensor === 'metrics' ? written.name === tensor : overlapsByName(written, tensor);
  return plan.dispatches
    .filter(({ op }) => [...Object.values(op.writes), ...Object.values(op.updates)].some(isIt))
    .map(kernelLabel)
    .join(', ');
}

/** Fusing rewrites tensors, but leaves arenas their names. */
function overlapsByName(written: Tensor, tensor: Tensor): boolean {
  return written.view?.arena.name === tensor.view?.arena.name && overlaps(written, tensor);
}

function compare(name: string, values: number[], wanted: Expected, kernel: string, tally: Tally): void {
  tally.tamper(name, values);
  let worst = { share: 0, index: 0 };
  wanted.balls.forEach(({ x, r }, index) => {
    const error = Math.abs(values[index]! - x);
    // A NaN is no match, and neither is a bound of infinity.
    const share = error === 0 ? 0 : r < Infinity && error / r >= 0 ? error / r : Infinity;
    if (share > worst.share) worst = { share, index };
  });
  tally.compared += wanted.balls.length;
  tally.worstShare = Math.max(tally.worstShare, worst.share);
  if (worst.share <= 1) return;
  const { x, r } = wanted.balls[worst.index]!;
  tally.faults.push({
    run: tally.run,
    kernel,
    tensor: name,
    element: [Math.floor(worst.index / wanted.columns), worst.index % wanted.columns],
    found: String(values[worst.index]!),
    expected: x,
    bound: r,
  });
}

/** The elements that are expected, without padding; labels and counts are whole numbers. */
function valuesOf(tensor: Tensor, data: ArrayBuffer, { columns, balls }: Expected): number[] {
  const floats = new Float32Array(data);
  const words = new Uint32Array(data);
  if (tensor.name === 'metrics') return [floats[0]!, words[1]!];
  const source = ['batch.labels', 'predictions'].includes(tensor.name) ? words : floats;
  const stride = padded(tensor.columns);
  return balls.map((_, i) => source[Math.floor(i / columns) * stride + (i % columns)]!);
}

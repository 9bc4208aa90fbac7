import { EngineError } from '../base/errors.js';
import { allSettled } from '../base/settle.js';
import { shaderStage, storageBuffer, uniformBuffer, write, type Gpu } from '../gpu/index.js';
import {
  elements,
  kernelSource,
  packParams,
  stepBytes,
  stepStride,
  trialBytes,
  maxTrials,
  dropoutBytes,
} from '../kernels/index.js';
import type { Binding } from '../kernels/index.js';
import { kernelLabel, trialStride, operands, type Plan, type PlannedDispatch } from './plan.js';
import type { Tensor } from './graph.js';

/** The tables of bind group 1, shared by all programs of a session; see shaders/lib/trial.wgsl. */
export interface Tables {
  /** Step records, `stepStride` bytes apart. */
  readonly steps: GPUBuffer;
  readonly trials: GPUBuffer;
  readonly dropout: GPUBuffer;
  readonly group: GPUBindGroup;
}

const tableLayout: readonly GPUBindGroupLayoutEntry[] = [
  {
    binding: 0,
    visibility: shaderStage.COMPUTE,
    buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: stepBytes },
  },
  {
    binding: 1,
    visibility: shaderStage.COMPUTE,
    buffer: { type: 'uniform', minBindingSize: maxTrials * trialBytes },
  },
  {
    binding: 2,
    visibility: shaderStage.COMPUTE,
    buffer: { type: 'uniform', minBindingSize: dropoutBytes },
  },
];

/** @throws the first error of the GPU; then nothing is left on it */
export function createTables(gpu: Gpu, steps: number): Tables {
  return gpu.allOrNone(() => {
    const tables = {
      steps: uniformBuffer(gpu, 'steps', steps * stepStride),
      trials: uniformBuffer(gpu, 'trials', maxTrials * trialBytes),
      dropout: uniformBuffer(gpu, 'dropout', dropoutBytes),
    };
    const group = gpu.device.createBindGroup({
      label: 'tables',
      layout: gpu.device.createBindGroupLayout({ entries: [...tableLayout] }),
      entries: [
        { binding: 0, resource: { buffer: tables.steps, size: stepBytes } },
        { binding: 1, resource: { buffer: tables.trials } },
        { binding: 2, resource: { buffer: tables.dropout } },
      ],
    });
    return { ...tables, group };
  });
}

/** One dispatch with everything resolved. */
interface RecordedDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
}

/** A planned step on a device, ready to run: pipelines compiled, buffers made, bind groups resolved. */
export interface Program {
  readonly plan: Plan;
  /**
   * Records one step.
   * @param step index of its record in the step table
   * @param active trials that still train: the first `active` slots of the trial table
   */
  readonly encode: (pass: GPUComputePassEncoder, step: number, active: number) => void;
  /**
   * Records one dispatch of a step in a pass of its own.
   * @param dispatch its place in the plan
   * @param timing the descriptor of the pass, where it is timed
   */
  readonly encodeDispatch: (
    encoder: GPUCommandEncoder,
    dispatch: number,
    step: number,
    active: number,
    timing?: GPUComputePassDescriptor,
  ) => void;
  /** The buffer of a tensor, for reading it back in tests and reports. */
  readonly bufferOf: (tensor: Tensor) => GPUBuffer;
}

/** What a program is made with. */
interface Parts {
  readonly gpu: Gpu;
  readonly tables: Tables;
  /** The buffers of persistent and shared tensors, by the name of their owner. */
  readonly given: ReadonlyMap<string, GPUBuffer>;
  /** Takes over the buffers that the program makes, as soon as they are made. */
  readonly own: (buffer: GPUBuffer) => GPUBuffer;
}

/**
 * Makes a plan ready to run.
 * @throws EngineError if a kernel does not compile, or the first error of the GPU
 */
export async function createProgram(plan: Plan, parts: Parts): Promise<Program> {
  const { gpu, tables, given, own } = parts;
  const buffers = plan.buffers.map(({ name, storage, bytes }) =>
    storage === 'transient' ? own(storageBuffer(gpu, name, bytes)) : given.get(name)!,
  );
  const bufferOf = (tensor: Tensor): GPUBuffer => {
    const index = plan.bufferOf.get(tensor.id);
    if (index === undefined) throw new EngineError('bug', `no op of this program touches ${tensor.name}`);
    return buffers[index]!;
  };
  const recorded = await allSettled(
    plan.dispatches.map((dispatch) => resolve(gpu, dispatch, plan.trials, bufferOf, own)),
  );
  gpu.check();
  return {
    plan,
    bufferOf,
    encode(pass, step, active) {
      pass.setBindGroup(1, tables.group, [step * stepStride]);
      for (const dispatch of recorded) encodeOne(pass, dispatch, active);
    },
    encodeDispatch(encoder, dispatch, step, active, timing) {
      const pass = encoder.beginComputePass(timing);
      pass.setBindGroup(1, tables.group, [step * stepStride]);
      encodeOne(pass, recorded[dispatch]!, active);
      pass.end();
    },
  };
}

/** @param own takes over the buffer that holds the dispatch's parameters */
async function resolve(
  gpu: Gpu,
  dispatch: PlannedDispatch,
  trials: number,
  bufferOf: (tensor: Tensor) => GPUBuffer,
  own: (buffer: GPUBuffer) => GPUBuffer,
): Promise<RecordedDispatch> {
  const { op, configuration } = dispatch;
  const { code, reflection } = kernelSource(op.kernel, configuration.variant);
  const bindings = reflection.bindings.filter(({ group }) => group === 0);
  checkBindings(op, bindings);
  const params = packParams(op.kernel, reflection.params, configuration.params);
  const uniform = own(uniformBuffer(gpu, `${op.name} params`, params.byteLength));
  write(gpu, uniform, new Uint8Array(params));
  const tensors = new Map(operands(op));
  const entries = bindings.map(({ binding, name, access }): GPUBindGroupEntry => {
    if (access === 'uniform') return { binding, resource: { buffer: uniform } };
    const tensor = tensors.get(name)!;
    return { binding, resource: { buffer: bufferOf(tensor), ...window(tensor, trials) } };
  });
  const constants = Object.fromEntries(
    Object.entries(configuration.constants).filter(([constant]) => reflection.overrides.has(constant)),
  );
  const { pipeline, layouts } = await gpu.pipelines({
    label: kernelLabel(dispatch),
    code,
    constants,
    layouts: [bindings.map(layoutEntry), tableLayout],
  });
  const bindGroup = gpu.device.createBindGroup({ label: op.name, layout: layouts[0]!, entries });
  const [x, y] = configuration.grid;
  return { pipeline, bindGroup, x, y };
}

function layoutEntry({ binding, access }: Binding): GPUBindGroupLayoutEntry {
  const type = access === 'uniform' ? 'uniform' : access === 'read' ? 'read-only-storage' : 'storage';
  return { binding, visibility: shaderStage.COMPUTE, buffer: { type } };
}

function encodeOne(
  pass: GPUComputePassEncoder,
  { pipeline, bindGroup, x, y }: RecordedDispatch,
  active: number,
): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  pass.dispatchWorkgroups(x, y, active);
}

/**
 * What a tensor's binding covers of its buffer: all trials' slices of a window onto an arena, or everything.
 */
function window(tensor: Tensor, trials: number): { offset?: number; size?: number } {
  if (tensor.view === undefined) return {};
  return {
    offset: 4 * tensor.view.offset,
    size: 4 * ((trials - 1) * trialStride(tensor) + elements(tensor)),
  };
}

/** An op must give each binding a tensor, and write only where the shader may. */
function checkBindings(op: PlannedDispatch['op'], bindings: readonly Binding[]): void {
  const names = (access: Binding['access']): string =>
    bindings
      .filter((binding) => binding.access === access)
      .map(({ name }) => name)
      .sort()
      .join(', ');
  const reads = Object.keys(op.reads).sort().join(', ');
  const writes = [...Object.keys(op.writes), ...Object.keys(op.updates)].sort().join(', ');
  if (reads !== names('read') || writes !== names('read_write')) {
    throw new EngineError('bug', `op ${op.name} does not fit the bindings of kernel ${op.kernel}`, {
      found: `reads ${reads}; writes ${writes}`,
      expected: `reads ${names('read')}; writes ${names('read_write')}`,
    });
  }
}

/**
 * Records steps `first .. first + count - 1` of the step table in one command buffer. Submits it; does not
 * wait.
 * @param active trials that still train
 * @throws the first error that the GPU has reported so far
 */
export function replay(gpu: Gpu, program: Program, first: number, count: number, active: number): void {
  gpu.check();
  const encoder = gpu.device.createCommandEncoder({ label: `steps ${first} to ${first + count - 1}` });
  const pass = encoder.beginComputePass();
  for (let step = first; step < first + count; step++) program.encode(pass, step, active);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}

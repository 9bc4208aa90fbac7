import { EngineError } from '../base/errors.js';
import type { Gpu as EngineGpu } from '../gpu/index.js';
import {
  addOp,
  addTensor,
  createGraph,
  firstStep,
  kernelLabel,
  plainTrial,
  planStep,
  replay,
  withSession,
  type Plan,
  type Tensor,
} from '../graph/index.js';
import { elements, kernelNamed } from '../kernels/index.js';
import type { StepRecord, TrialRecord } from '../kernels/tables.js';
import { engineGpu } from './engine-gpu.js';
import type { Gpu } from './gpu.js';
import { describeKernel, type KernelDescription } from './kernels.js';
import { matrixOf, pack, unpack } from './packing.js';
import type { ElementType, HostTensor, Shape } from './tensors.js';

/** One call of a kernel. The names are those of the shader's bindings (`describeKernel`). */
export interface KernelCall {
  /** Everything that has values before the call: what the kernel reads, and what it updates in place. */
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** What it only writes. */
  readonly outputs?: Readonly<Record<string, Shape>>;
  /** Settings that are not shapes, as the kernel's record in src/kernels names them, such as `relu: 1`. */
  readonly attributes?: Readonly<Record<string, number>>;
  /** What changes from step to step: by default the first one, of as many rows as the batch has room for. */
  readonly step?: Partial<StepRecord>;
  /** The settings of the optimiser and of dropout: by default a learning rate of 0.001, and all others 0. */
  readonly trial?: Partial<Omit<TrialRecord, 'index'>>;
}

/** What a kernel wrote, in row-major order and without padding. */
export interface KernelResult {
  /** @throws EngineError `usage` if the kernel has no such result, or one of another type */
  f32(name: string): Float32Array;
  u32(name: string): Uint32Array;
  /** What ran, with the variant of its matrix product if it has one: `dense_forward.tile`. */
  readonly kernel: string;
}

/**
 * Runs one kernel once and reads back what it wrote.
 *
 * For trying kernels, and for tests: each call uploads, compiles (once per kernel and device), waits and
 * reads back. A training keeps its tensors on the device instead.
 * @throws EngineError `usage` for operands that do not fit the kernel or each other, or do not fit the
 *   device; or the first error of the GPU. Nothing stays on the device.
 */
export async function runKernel(gpu: Gpu, name: string, call: KernelCall): Promise<KernelResult> {
  const engine = engineGpu(gpu);
  const kernel = describeKernel(name);
  checkOperands(kernel, call);
  const contents = new Map(
    kernel.operands.map(
      (operand) => [operand.name, contentsOf(call, operand.name, operand.elements)] as const,
    ),
  );
  const plan = planCall(kernel, call, engine);
  const words = await execute(engine, plan, contents, call);
  const result = (operand: string, type: 'f32' | 'u32'): Uint32Array<ArrayBuffer> => {
    const found = kernel.operands.find((each) => each.name === operand && each.access === 'write');
    // Pairs can be read as f32 and as u32.
    if (found === undefined || (found.elements !== type && found.elements !== 'f32 and u32 in turn'))
      throw new EngineError('usage', `kernel ${name} writes no ${operand} of ${type}`, {
        expected: kernel.operands
          .filter(({ access }) => access === 'write')
          .map((each) => `${each.name} (${each.elements})`)
          .join(', '),
      });
    return unpack(words.get(operand)!, shapeOf(call, operand));
  };
  return {
    f32: (operand) => new Float32Array(result(operand, 'f32').buffer),
    u32: (operand) => result(operand, 'u32'),
    kernel: kernelLabel(plan.dispatches[0]!),
  };
}

function checkOperands({ name, operands }: KernelDescription, { inputs, outputs = {} }: KernelCall): void {
  const given = [...Object.keys(inputs), ...Object.keys(outputs)].sort();
  const wanted = operands.map((operand) => operand.name).sort();
  const unread = operands.find(
    (operand) => operand.access === 'read' && !Object.hasOwn(inputs, operand.name),
  );
  if (given.join() === wanted.join() && unread === undefined) return;
  const list = (access: 'read' | 'write'): string =>
    operands
      .filter((operand) => operand.access === access)
      .map((operand) => operand.name)
      .join(', ');
  throw new EngineError('usage', `kernel ${name} has other operands than it was given`, {
    found: `inputs ${Object.keys(inputs).join(', ')}; outputs ${Object.keys(outputs).join(', ')}`,
    expected:
      `inputs ${list('read')}; outputs ${list('write')} ` +
      '(one that it updates in place, such as the weights of adamw, is an input)',
  });
}

function shapeOf({ inputs, outputs = {} }: KernelCall, name: string): Shape {
  return outputs[name] ?? inputs[name]!.shape;
}

function contentsOf(call: KernelCall, name: string, type: ElementType): Uint8Array<ArrayBuffer> {
  const input = call.inputs[name];
  return input === undefined
    ? new Uint8Array(4 * elements(matrixOf(name, shapeOf(call, name))))
    : pack(name, input, type);
}

/** The call as a step of one operation; what its guards find is the caller's error. */
function planCall({ name, operands }: KernelDescription, call: KernelCall, engine: EngineGpu): Plan {
  const graph = createGraph();
  const groups = { reads: {}, writes: {}, updates: {} } as Record<string, Record<string, Tensor>>;
  for (const operand of operands) {
    const group =
      operand.access === 'read' ? 'reads' : Object.hasOwn(call.inputs, operand.name) ? 'updates' : 'writes';
    const shape = matrixOf(operand.name, shapeOf(call, operand.name));
    const packed = operand.elements === 'bytes' ? ({ packedBytes: true } as const) : {};
    groups[group]![operand.name] = addTensor(graph, operand.name, { ...shape, ...packed }, 'persistent');
  }
  const asked = new Set<string>();
  const attributes = noting(call.attributes ?? {}, asked);
  addOp(graph, { kernel: kernelNamed(name).name, name, ...groups, attributes });
  const plan = asCallersError(name, () => planStep(graph, engine.traits, { trials: 1, fuse: false }));
  const unknown = Object.keys(call.attributes ?? {}).find((attribute) => !asked.has(attribute));
  if (unknown !== undefined)
    throw new EngineError('usage', `kernel ${name} has no attribute ${unknown}`, {
      expected: [...asked].join(', ') || 'none',
    });
  return plan;
}

/** The same record, which notes the names that are asked for: kernels do not list their attributes. */
function noting(
  record: Readonly<Record<string, number>>,
  asked: Set<string>,
): Readonly<Record<string, number>> {
  return new Proxy(record, {
    get: (target, name) => {
      asked.add(String(name));
      return target[String(name)];
    },
  });
}

/** The guards of kernels are for the engine's own calls, so they speak of bugs. */
function asCallersError<T>(kernel: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'bug') throw error;
    const { message, found, expected } = error;
    throw new EngineError('usage', message, {
      ...(found !== undefined && { found }),
      ...(expected !== undefined && { expected }),
      remedy: `describeKernel('${kernel}').documentation says what fits`,
      cause: error,
    });
  }
}

/** @returns the words of every operand after the run, padded */
async function execute(
  opened: EngineGpu,
  plan: Plan,
  contents: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  call: KernelCall,
): Promise<Map<string, Uint32Array>> {
  // All of them are read back through one buffer.
  const bytes = plan.buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  const gpu = await opened.forBuffers(bytes);
  return withSession(gpu, {}, async (session) => {
    const program = await session.program(plan);
    for (const [name, bytes] of contents) session.write(name, bytes);
    session.writeSteps([{ ...firstStep, rows: batchRows(call), ...call.step }]);
    session.writeTrials([{ ...plainTrial, ...call.trial }]);
    replay(gpu, program, 0, 1, 1);
    return session.readAll();
  });
}

function batchRows(call: KernelCall): number {
  const { attributes = {}, inputs, outputs = {} } = call;
  if (attributes.batch !== undefined) return attributes.batch;
  const matrix = ['z', 'x', 'dy'].find((name) => name in inputs || name in outputs);
  const vector = ['loss', 'predicted'].find((name) => name in inputs || name in outputs);
  if (matrix !== undefined) return shapeOf(call, matrix)[0];
  return vector === undefined ? 1 : shapeOf(call, vector)[0];
}

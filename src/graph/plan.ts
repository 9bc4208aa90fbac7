import { EngineError } from '../base/errors.js';
import { defaultLimits, type AdapterTraits } from '../gpu/index.js';
import {
  elements,
  kernelNamed,
  maxTrials,
  updatesTogether,
  type Configuration,
  type Operand,
} from '../kernels/index.js';
import { fuse } from './fuse/index.js';
import { root, targets, type Graph, type Op, type Tensor } from './graph.js';
import { planMemory, type Lifetime } from './memory.js';
import { schedule } from './schedule.js';

export interface PlannedDispatch {
  readonly op: Op;
  readonly configuration: Configuration;
}

/** A buffer of the program: made by it (`transient`), or given to it by name. */
export interface PlannedBuffer {
  readonly name: string;
  readonly storage: Tensor['storage'];
  /** For all trials together. */
  readonly bytes: number;
  /** Who lives in it, and in which part of the schedule; empty for given buffers. */
  readonly tenants: readonly Lifetime[];
}

/** Everything about one step, worked out without a device. */
export interface Plan {
  readonly dispatches: readonly PlannedDispatch[];
  readonly buffers: readonly PlannedBuffer[];
  readonly trials: number;
  /** Index into `buffers` for every tensor that an op touches. */
  readonly bufferOf: ReadonlyMap<number, number>;
}

export interface PlanOptions {
  /** How many trials run side by side; at least 1. */
  readonly trials: number;
  /** false leaves every op a kernel of its own. */
  readonly fuse?: boolean;
  /** Whether the layers are updated in one dispatch, where they can be; by default as the rule says. */
  readonly together?: boolean;
}

/**
 * Fuses, schedules, gives every tensor its buffer, configures every kernel and checks the device's limits.
 * @throws EngineError `usage` if the network does not fit the device
 */
export function planStep(graph: Graph, traits: AdapterTraits, options: PlanOptions): Plan {
  const layers = graph.parameters.map(({ value }) => value);
  const batch = graph.ops.find(({ reads }) => reads.dy !== undefined)?.reads.dy!.rows ?? 0;
  const { together = updatesTogether(traits, layers, batch) } = options;
  const fused = (options.fuse ?? true) ? fuse(graph, { together }) : graph;
  const order = schedule(fused.ops);
  const dispatches = order.map((op) => ({ op, configuration: configure(op, traits) }));
  const plan = sideBySide({ dispatches, trials: 1, ...placeTensors(order) }, options.trials);
  checkLimits(plan, traits);
  return plan;
}

/**
 * The same step with another number of trials: only the sizes of buffers follow from it.
 * @throws EngineError `usage` if the shaders' table does not hold so many
 */
export function sideBySide(plan: Plan, trials: number): Plan {
  if (!Number.isInteger(trials) || trials < 1 || trials > maxTrials) {
    throw new EngineError('usage', 'the number of trials side by side is out of range', {
      found: String(trials),
      expected: `1 to ${maxTrials}`,
    });
  }
  const buffers = plan.buffers.map((buffer) => ({
    ...buffer,
    bytes: buffer.storage === 'shared' ? buffer.bytes : (buffer.bytes / plan.trials) * trials,
  }));
  return { ...plan, trials, buffers };
}

/**
 * How many trials of a planned step fit side by side, by the sizes of its buffers. A buffer of all trials is
 * no larger than every device has them: more trials would gain little, and could fill a device's memory.
 */
export function mostTrials({ buffers, trials }: Plan, traits: AdapterTraits): number {
  const perTrial = buffers.filter(({ storage }) => storage !== 'shared').map(({ bytes }) => bytes / trials);
  const largest = Math.min(largestBuffer(traits), defaultLimits.maxStorageBufferBindingSize);
  return Math.min(maxTrials, ...perTrial.map((bytes) => Math.floor(largest / bytes)));
}

/** The kernel of a dispatch, with its variant if it has one: `dense_forward.tile`. */
export function kernelLabel({ op, configuration }: PlannedDispatch): string {
  return configuration.variant === null ? op.kernel : `${op.kernel}.${configuration.variant}`;
}

/** Every binding of an op with its tensor. */
export function operands(op: Op): [string, Tensor][] {
  return [...Object.entries(op.reads), ...Object.entries(op.writes), ...Object.entries(op.updates)];
}

/** f32 elements from one trial's slice of a tensor to the next. */
export function trialStride(tensor: Tensor): number {
  return tensor.storage === 'shared' ? 0 : elements(root(tensor));
}

function configure(op: Op, traits: AdapterTraits): Configuration {
  for (const read of Object.values(op.reads)) {
    // WebGPU refuses a dispatch that reads one part of a buffer and writes another.
    if (targets(op).some((target) => root(target).id === root(read).id)) {
      throw new EngineError('bug', `op ${op.name} reads a tensor that it also writes`, { found: read.name });
    }
  }
  const shapes = operands(op).map(([name, tensor]): [string, Operand] => [
    name,
    { ...tensor, trialStride: trialStride(tensor) },
  ]);
  return kernelNamed(op.kernel).configure(
    { operands: Object.fromEntries(shapes), attributes: op.attributes },
    traits,
  );
}

/** With buffers for one trial. */
function placeTensors(order: readonly Op[]): Pick<Plan, 'buffers' | 'bufferOf'> {
  const buffers: PlannedBuffer[] = [];
  const bufferOf = new Map<number, number>();
  const owners = new Map<string, Tensor>();
  for (const tensor of order.flatMap((op) => operands(op).map(([, each]) => each))) {
    if (tensor.storage === 'transient' || bufferOf.has(tensor.id)) continue;
    const owner = root(tensor);
    let index = buffers.findIndex(({ name }) => name === owner.name);
    const namesake = owners.get(owner.name) ?? owner;
    if (namesake.id !== owner.id) {
      throw new EngineError('bug', `two tensors that outlive the step are both called ${owner.name}`);
    }
    owners.set(owner.name, owner);
    if (index < 0) {
      const { name, storage } = owner;
      index = buffers.push({ name, storage, bytes: bytesOf(owner), tenants: [] }) - 1;
    }
    bufferOf.set(tensor.id, index);
  }
  for (const slot of planMemory(order)) {
    const name = `transient ${buffers.filter(({ storage }) => storage === 'transient').length}`;
    const index = buffers.push({ name, storage: 'transient', bytes: slot.bytes, tenants: slot.tensors }) - 1;
    for (const { tensor } of slot.tensors) bufferOf.set(tensor.id, index);
  }
  for (const tensor of order.flatMap((op) => operands(op).map(([, each]) => each)))
    if (tensor.storage === 'transient') bufferOf.set(tensor.id, bufferOf.get(root(tensor).id)!);
  return { buffers, bufferOf };
}

function bytesOf(tensor: Tensor): number {
  return tensor.packedBytes === true ? tensor.rows * Math.ceil(tensor.columns / 4) * 4 : 4 * elements(tensor);
}

/** The largest buffer that a kernel can be given, in bytes. */
export function largestBuffer({ limits }: AdapterTraits): number {
  return Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
}

/** The largest buffer of some plans, in bytes; 0 of none. */
export function largestPlanned(plans: readonly Pick<Plan, 'buffers'>[]): number {
  return Math.max(0, ...plans.flatMap(({ buffers }) => buffers.map(({ bytes }) => bytes)));
}

function checkLimits(plan: Plan, traits: AdapterTraits): void {
  const { maxComputeWorkgroupsPerDimension } = traits.limits;
  for (const { op, configuration } of plan.dispatches) {
    if (Math.max(...configuration.grid) > maxComputeWorkgroupsPerDimension) {
      throw new EngineError(
        'usage',
        `op ${op.name} (${op.kernel}) needs a larger grid than the device allows`,
        {
          found: configuration.grid.join(' x '),
          expected: `at most ${maxComputeWorkgroupsPerDimension} workgroups in a dimension`,
          remedy: 'use a smaller batch or narrower layers',
        },
      );
    }
  }
  const largest = largestBuffer(traits);
  for (const { name, bytes } of plan.buffers) {
    if (bytes > largest) {
      throw new EngineError('usage', `buffer "${name}" is larger than the device allows`, {
        found: `${bytes} bytes for ${plan.trials} trial${plan.trials === 1 ? '' : 's'}`,
        expected: `at most ${largest} bytes`,
        remedy: 'use fewer trials side by side, a smaller batch, narrower layers or less data',
      });
    }
  }
}

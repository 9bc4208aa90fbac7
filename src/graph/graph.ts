import { EngineError } from '../base/errors.js';
import { elements, type KernelName, type Matrix } from '../kernels/index.js';

/**
 * One value in the graph, per trial.
 *
 * - `transient`: lives within a step; the memory plan finds it a place.
 * - `persistent`: outlives the step; its buffer is given by name when the plan becomes a program.
 * - `shared`: persistent, and one for all trials (the images).
 */
export interface Tensor extends Matrix {
  readonly id: number;
  readonly name: string;
  readonly storage: 'transient' | 'persistent' | 'shared';
  /** Holds bytes, four to a word and rows padded to whole words, rather than 32-bit values. */
  readonly packedBytes?: true;
  /** A window onto a larger tensor of its storage; `offset` in elements of one trial's slice. */
  readonly view?: { readonly arena: Tensor; readonly offset: number };
}

/** One kernel call. The keys of `reads`, `writes` and `updates` are the names of the shader's bindings. */
export interface Op {
  readonly kernel: KernelName;
  /** What is computed, for people: `layer1.dense`. */
  readonly name: string;
  readonly reads: Readonly<Record<string, Tensor>>;
  readonly writes: Readonly<Record<string, Tensor>>;
  /** Read and written in place. */
  readonly updates: Readonly<Record<string, Tensor>>;
  readonly attributes: Readonly<Record<string, number>>;
}

/**
 * A trainable tensor with its gradient and the optimiser's moments (SGD has one): views at the same offset of
 * four arenas.
 */
export interface Parameter {
  readonly name: string;
  readonly value: Tensor;
  readonly gradient: Tensor;
  readonly firstMoment: Tensor;
  readonly secondMoment: Tensor;
}

/** The four arenas; one trial's slice of each is contiguous, so that a network is copied in one piece. */
export interface Arenas {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly firstMoments: Tensor;
  readonly secondMoments: Tensor;
}

/** Ops in the order in which they were added, and the tensors between them. */
export interface Graph {
  readonly tensors: Tensor[];
  readonly ops: Op[];
  readonly parameters: Parameter[];
  arenas: Arenas | null;
}

export function createGraph(): Graph {
  return { tensors: [], ops: [], parameters: [], arenas: null };
}

/** Adds a tensor. @throws EngineError `usage` if a side is not a positive integer */
export function addTensor(
  graph: Graph,
  name: string,
  shape: Matrix & { readonly packedBytes?: true },
  storage: Tensor['storage'] = 'transient',
): Tensor {
  for (const side of [shape.rows, shape.columns]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new EngineError('usage', `tensor ${name} has a side that is not a positive whole number`, {
        found: `${shape.rows}x${shape.columns}`,
        expected: 'at least 1x1',
      });
    }
  }
  const { rows, columns } = shape;
  const tensor: Tensor = {
    id: graph.tensors.length,
    name,
    rows,
    columns,
    storage,
    ...(shape.vector === true ? { vector: true } : {}),
    ...(shape.packedBytes === true ? { packedBytes: true } : {}),
  };
  graph.tensors.push(tensor);
  return tensor;
}

/** Adds a window onto an arena. */
export function addView(
  graph: Graph,
  name: string,
  shape: Matrix,
  view: NonNullable<Tensor['view']>,
): Tensor {
  const tensor: Tensor = { ...addTensor(graph, name, shape, 'persistent'), view };
  graph.tensors[tensor.id] = tensor;
  return tensor;
}

/** Parts of an arena start at multiples of this many elements: 256 bytes, as bindings must. */
const arenaAlignment = 64;

/** Tensors side by side in an arena, in elements: where each begins, and where the arena ends. */
export function sideBySideIn(shapes: readonly Matrix[]): {
  readonly offsets: number[];
  readonly length: number;
} {
  let length = 0;
  const offsets = shapes.map((shape) => {
    const offset = length;
    length += Math.ceil(elements(shape) / arenaAlignment) * arenaAlignment;
    return offset;
  });
  return { offsets, length };
}

/**
 * Adds all trainable tensors at once, side by side in four arenas.
 * @param shapes in the order in which files and checkpoints keep them
 */
export function addParameters(
  graph: Graph,
  shapes: readonly (Matrix & { readonly name: string })[],
): Parameter[] {
  const { offsets, length } = sideBySideIn(shapes);
  const whole = { rows: 1, columns: length, vector: true };
  const arenas: Arenas = {
    parameters: addTensor(graph, 'parameters', whole, 'persistent'),
    gradients: addTensor(graph, 'gradients', whole, 'persistent'),
    firstMoments: addTensor(graph, 'first_moments', whole, 'persistent'),
    secondMoments: addTensor(graph, 'second_moments', whole, 'persistent'),
  };
  const view = (arena: Tensor, prefix: string, index: number): Tensor => {
    const shape = shapes[index]!;
    return addView(graph, `${prefix}${shape.name}`, shape, { arena, offset: offsets[index]! });
  };
  const parameters = shapes.map((shape, index) => ({
    name: shape.name,
    value: view(arenas.parameters, '', index),
    gradient: view(arenas.gradients, 'gradient of ', index),
    firstMoment: view(arenas.firstMoments, 'first moment of ', index),
    secondMoment: view(arenas.secondMoments, 'second moment of ', index),
  }));
  graph.parameters.push(...parameters);
  graph.arenas = arenas;
  return parameters;
}

export function addOp(graph: Graph, op: Partial<Op> & Pick<Op, 'kernel' | 'name'>): Op {
  const whole: Op = { reads: {}, writes: {}, updates: {}, attributes: {}, ...op };
  graph.ops.push(whole);
  return whole;
}

/** Every tensor that an op sees before it runs. */
export function sources(op: Op): Tensor[] {
  return [...Object.values(op.reads), ...Object.values(op.updates)];
}

/** Every tensor that an op changes. */
export function targets(op: Op): Tensor[] {
  return [...Object.values(op.writes), ...Object.values(op.updates)];
}

/** The tensor that owns the memory: itself, or the arena it looks into. */
export function root(tensor: Tensor): Tensor {
  return tensor.view?.arena ?? tensor;
}

/** True if two tensors share memory by construction: the same tensor, or overlapping windows of one arena. */
export function overlaps(a: Tensor, b: Tensor): boolean {
  if (root(a).id !== root(b).id) return false;
  const startA = a.view?.offset ?? 0;
  const startB = b.view?.offset ?? 0;
  return startA < startB + elements(b) && startB < startA + elements(a);
}

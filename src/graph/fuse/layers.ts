import { defaultLimits } from '../../gpu/index.js';
import { layerAttributes, mostLayers, type KernelName } from '../../kernels/index.js';
import {
  addTensor,
  root,
  sideBySideIn,
  sources,
  targets,
  type Graph,
  type Op,
  type Tensor,
} from '../graph.js';
import { replace } from './rewrite.js';

/** Kernels that update one layer, the first of a network from images, with the form for all layers. */
const together: readonly {
  readonly first: KernelName;
  readonly further: KernelName;
  readonly all: KernelName;
}[] = [
  {
    first: 'dense_backward_parameters_images_adamw',
    further: 'dense_backward_parameters_adamw',
    all: 'dense_backward_layers_adamw',
  },
  {
    first: 'dense_backward_parameters_images_sgd',
    further: 'dense_backward_parameters_sgd',
    all: 'dense_backward_layers_sgd',
  },
];

/**
 * Kernels whose operands may lie in arenas, beside those above: where two operands share a stride from trial
 * to trial, both are moved.
 */
const neighbours: readonly KernelName[] = [
  'dense_forward',
  'dense_forward_images',
  'dense_softmax_cross_entropy',
  'dense_backward_input_activation',
];

/** A shader can be given eight storage buffers: what is left beside images, indices, w, m and v. */
const arenaCount = 3;

/**
 * All `dense_backward_parameters_adamw` of a step, with the first layer's from images -> one
 * `dense_backward_layers_adamw` over the tiles of all layers.
 *
 * What it reads, the layers' inputs and the gradients of their outputs, is moved into three arenas, such that
 * no op reads the arena that it writes. Three always suffice for a chain of layers: an input is made of the
 * one before it, a gradient of the one behind it and of an input.
 *
 * The ops stay as they are with a single layer; where the first one reads a gathered batch (f32 features,
 * more classes than a tile is wide, somebody who looks at the batch); where a layer is not updated with its
 * gradient (clipping, somebody who looks at a gradient); where another kernel works on what the layers read;
 * and where an arena would be larger than buffers are on every device.
 */
export function fuseLayers(ops: Op[], graph: Graph): void {
  for (const { first, further, all } of together) {
    // The graph has the last layer's first.
    const layers = ops.filter(({ kernel }) => kernel === first || kernel === further).reverse();
    if (layers[0]?.kernel !== first || layers.length < 2 || layers.length > mostLayers) continue;
    if (2 * layers.length !== graph.parameters.length) continue;
    const read = layers.flatMap(({ reads }) => [reads.x, reads.dy].filter((tensor) => tensor !== undefined));
    const touching = ops.filter((op) => [...sources(op), ...targets(op)].some((each) => read.includes(each)));
    if (!touching.every((op) => layers.includes(op) || neighbours.includes(op.kernel))) continue;
    const numbers = numberArenas(ops, read);
    if (numbers === null) continue;
    const shapes = layArenas(numbers, read);
    if (shapes.some(({ length }) => 4 * length > defaultLimits.maxStorageBufferBindingSize)) continue;
    const arenas = shapes.map(({ length }, number) =>
      addTensor(graph, `arena ${number}`, { rows: 1, columns: length, vector: true }),
    );
    const moved = new Map(
      shapes.flatMap(({ parts }, number) =>
        parts.map(({ tensor, offset }): [number, Tensor] => [
          tensor.id,
          { ...tensor, view: { arena: arenas[number]!, offset } },
        ]),
      ),
    );
    for (const [id, tensor] of moved) graph.tensors[id] = tensor;
    const update = updateAll(layers, all, moved, arenas);
    replace(ops, layers, update);
    ops.splice(0, ops.length, ...ops.map((op) => (op === update ? op : withTensors(op, moved))));
  }
}

/** The arena of each tensor, such that no op reads the one that it writes; null: there are too few. */
function numberArenas(ops: readonly Op[], tensors: readonly Tensor[]): ReadonlyMap<number, number> | null {
  const numbers = new Map<number, number>();
  const isMoved = ({ id }: Tensor): boolean => tensors.some((each) => each.id === id);
  for (const tensor of ops.flatMap(targets).filter(isMoved)) {
    const taken = ops.flatMap((op) => {
      if (targets(op).some(({ id }) => id === tensor.id)) return sources(op);
      return sources(op).some(({ id }) => id === tensor.id) ? targets(op) : [];
    });
    const free = Array.from({ length: arenaCount }, (_, number) => number).find((number) =>
      taken.every(({ id }) => numbers.get(id) !== number),
    );
    if (free === undefined) return null;
    numbers.set(tensor.id, free);
  }
  return numbers;
}

interface ArenaShape {
  readonly length: number;
  readonly parts: readonly { readonly tensor: Tensor; readonly offset: number }[];
}

/**
 * What lies where in each arena, in elements. They are of one length, so that a trial's slice of an
 * activation and of its gradient begin at the same place: kernels rely on that for tensors of one shape.
 */
function layArenas(numbers: ReadonlyMap<number, number>, tensors: readonly Tensor[]): ArenaShape[] {
  const arenas = Array.from({ length: arenaCount }, (_, number) => {
    const own = tensors.filter(({ id }) => numbers.get(id) === number);
    const { offsets, length } = sideBySideIn(own);
    return { length, parts: own.map((tensor, i) => ({ tensor, offset: offsets[i]! })) };
  });
  const length = Math.max(...arenas.map((arena) => arena.length));
  return arenas.map(({ parts }) => ({ length, parts }));
}

/** @param layers their updates, from the first layer on @param moved their operands, by number */
function updateAll(
  layers: readonly Op[],
  kernel: KernelName,
  moved: ReadonlyMap<number, Tensor>,
  arenas: readonly Tensor[],
): Op {
  const [first] = layers;
  const { images, indices } = first!.reads;
  const roots = Object.entries(first!.updates).map(([binding, tensor]) => [binding, root(tensor)] as const);
  const placeOf = (tensor: Tensor | undefined): { readonly number: number; readonly offset: number } => {
    const view = tensor === undefined ? undefined : moved.get(tensor.id)!.view!;
    return view === undefined
      ? { number: 0, offset: 0 }
      : { number: arenas.indexOf(view.arena), offset: view.offset };
  };
  const calls = layers.map(({ reads, updates, attributes }) => {
    const [x, dy] = [placeOf(reads.x), placeOf(reads.dy)];
    const weights = updates.w!.view!.offset;
    return {
      rows: (reads.x ?? images!).columns,
      columns: reads.dy!.columns,
      xArena: x.number,
      x: x.offset,
      dyArena: dy.number,
      dy: dy.offset,
      weights,
      bias: weights + attributes.bias!,
    };
  });
  return {
    kernel,
    name: 'parameters',
    reads: {
      images: images!,
      indices: indices!,
      ...Object.fromEntries(arenas.map((arena, number) => [`arena${number}`, arena])),
    },
    writes: {},
    updates: Object.fromEntries(roots),
    attributes: { batch: first!.attributes.batch!, ...layerAttributes(calls) },
  };
}

function withTensors(op: Op, moved: ReadonlyMap<number, Tensor>): Op {
  const swapped = (tensors: Op['reads']): Op['reads'] =>
    Object.fromEntries(
      Object.entries(tensors).map(([binding, tensor]) => [binding, moved.get(tensor.id) ?? tensor]),
    );
  return { ...op, reads: swapped(op.reads), writes: swapped(op.writes), updates: swapped(op.updates) };
}

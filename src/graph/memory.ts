import { elements } from '../kernels/index.js';
import { root, sources, targets, type Op, type Tensor } from './graph.js';

/** From the op that first touches a tensor to the last that does, both included; places in the schedule. */
export interface Lifetime {
  readonly tensor: Tensor;
  readonly first: number;
  readonly last: number;
}

/** One buffer for transient tensors that are never alive at the same time. `bytes` per trial. */
export interface Slot {
  readonly bytes: number;
  readonly tensors: readonly Lifetime[];
}

/** Lifetimes of all transient tensors that own memory, in order of first use; of an arena, its parts. */
export function lifetimes(order: readonly Op[]): Lifetime[] {
  const found = new Map<number, Lifetime>();
  order.forEach((op, at) => {
    for (const tensor of [...sources(op), ...targets(op)].map(root)) {
      if (tensor.storage !== 'transient') continue;
      const known = found.get(tensor.id);
      found.set(tensor.id, { tensor, first: known?.first ?? at, last: at });
    }
  });
  return [...found.values()];
}

/**
 * Gives every transient tensor a buffer: large tensors first, each into the first where it meets nobody.
 *
 * Whole buffers are shared, not ranges of one: WebGPU does not let a dispatch read one part of a buffer and
 * write another. As lifetimes include both ends, an op's inputs and outputs never share.
 */
export function planMemory(order: readonly Op[]): Slot[] {
  const slots: { bytes: number; tensors: Lifetime[] }[] = [];
  const bySize = lifetimes(order).sort(
    (a, b) => elements(b.tensor) - elements(a.tensor) || a.first - b.first || a.tensor.id - b.tensor.id,
  );
  for (const lifetime of bySize) {
    const free = slots.find(({ tensors }) =>
      tensors.every((other) => lifetime.last < other.first || other.last < lifetime.first),
    );
    if (free === undefined) slots.push({ bytes: 4 * elements(lifetime.tensor), tensors: [lifetime] });
    else free.tensors.push(lifetime);
  }
  return slots;
}

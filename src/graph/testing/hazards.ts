import type { Op, Tensor } from '../index.js';

/** What the scheduler must respect, worked out from memory ranges alone. */
export interface Hazard {
  readonly kind: 'read after write' | 'update after read';
  readonly first: Op;
  readonly then: Op;
}

/**
 * The elements [start, end) of the tensor `owner` that a tensor covers in memory; sides are padded to four.
 */
function range(tensor: Tensor): { owner: number; start: number; end: number } {
  const four = (side: number): number => side + ((4 - (side % 4)) % 4);
  const length = (tensor.vector === true ? 1 : four(tensor.rows)) * four(tensor.columns);
  const start = tensor.view?.offset ?? 0;
  return { owner: (tensor.view?.arena ?? tensor).id, start, end: start + length };
}

function meet(some: Readonly<Record<string, Tensor>>, others: Readonly<Record<string, Tensor>>): boolean {
  return Object.values(some)
    .map(range)
    .some((a) =>
      Object.values(others)
        .map(range)
        .some((b) => a.owner === b.owner && Math.max(a.start, b.start) < Math.min(a.end, b.end)),
    );
}

export function hazards(ops: readonly Op[]): Hazard[] {
  return ops.flatMap((op) =>
    ops.flatMap((other): Hazard[] => {
      if (other === op) return [];
      const found: Hazard[] = [];
      if (meet(op.writes, { ...other.reads, ...prefixed(other.updates) }))
        found.push({ kind: 'read after write', first: op, then: other });
      if (meet(op.reads, other.updates)) found.push({ kind: 'update after read', first: op, then: other });
      return found;
    }),
  );
}

/** Bindings of reads and updates may have the same name in made-up ops. */
function prefixed(tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`updated ${name}`, tensor]));
}

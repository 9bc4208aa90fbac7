import { EngineError } from '../base/errors.js';
import { overlaps, sources, targets, type Op, type Tensor } from './graph.js';

/**
 * Orders ops so that each runs after those it depends on, and otherwise as they were added.
 *
 * Two kinds of edges: a reader of a value comes after its writer; and an op that updates a tensor in place
 * comes after all readers of the old value (in one step every reader of a parameter means the value from
 * before the step).
 * @throws EngineError `bug` on a circle, or if two ops write the same memory
 */
export function schedule(ops: readonly Op[]): Op[] {
  const after = ops.map(() => new Set<number>());
  ops.forEach((writer, w) => {
    ops.forEach((other, o) => {
      if (o === w) return;
      if (meets(targets(writer), targets(other))) {
        throw new EngineError('bug', `ops ${writer.name} and ${other.name} write the same tensor`);
      }
      if (meets(Object.values(writer.writes), sources(other))) after[o]!.add(w);
      if (meets(Object.values(writer.updates), Object.values(other.reads))) after[w]!.add(o);
    });
  });

  const order: Op[] = [];
  const done = new Set<number>();
  while (order.length < ops.length) {
    const next = ops.findIndex(
      (_, i) => !done.has(i) && [...after[i]!].every((earlier) => done.has(earlier)),
    );
    if (next < 0) {
      const left = ops.filter((_, i) => !done.has(i)).map((op) => op.name);
      throw new EngineError('bug', 'the graph has a circle', { found: left.join(', ') });
    }
    done.add(next);
    order.push(ops[next]!);
  }
  return order;
}

function meets(some: readonly Tensor[], others: readonly Tensor[]): boolean {
  return some.some((tensor) => others.some((other) => overlaps(tensor, other)));
}

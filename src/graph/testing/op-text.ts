import { schedule } from '../index.js';
import { overlaps, sources, targets, type Graph, type Op, type Tensor } from '../graph.js';

const list = (tensors: Readonly<Record<string, Tensor>>): string =>
  Object.entries(tensors)
    .map(([binding, { name }]) => `${binding}=${name}`)
    .join(', ');

/** `kernel(x=batch, w=layer0.weight -> y=layer0; updates)`, in one line that a test can compare. */
export function opText(op: Op): string {
  const changed = [list(op.writes), list(op.updates)].filter((part) => part !== '').join(', ');
  return `${op.kernel}(${list(op.reads)} -> ${changed})`;
}

export const kernelsOf = (ops: readonly Op[]): string[] => ops.map(({ kernel }) => kernel);

/**
 * Transient tensors that an op reads although no op before it, in the order of the schedule, has written
 * them.
 */
export function unwrittenReads(graph: Graph): string[] {
  const written: Tensor[] = [];
  return schedule(graph.ops).flatMap((op) => {
    const missing = sources(op).filter(
      (tensor) => tensor.storage === 'transient' && !written.some((each) => overlaps(each, tensor)),
    );
    written.push(...targets(op));
    return missing.map(({ name }) => `${op.name} reads ${name}`);
  });
}

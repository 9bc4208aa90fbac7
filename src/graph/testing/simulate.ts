import type { Op, Tensor } from '../index.js';

/**
 * Runs ops in order on buffers that hold symbols: a write leaves the name of its value in the tensor's
 * buffer, and every read must find there the value that was written for it.
 * @param bufferOf the buffer of a transient tensor
 * @returns what went wrong, in words; nothing if no two live tensors share memory
 */
export function simulate(order: readonly Op[], bufferOf: (tensor: Tensor) => number | undefined): string[] {
  const contents = new Map<string, string>();
  const expected = new Map<number, string>();
  const wrong: string[] = [];
  const transient = (tensors: Readonly<Record<string, Tensor>>): Tensor[] =>
    Object.values(tensors).filter(({ storage }) => storage === 'transient');
  const placeOf = (tensor: Tensor): number => {
    const place = bufferOf(tensor);
    if (place === undefined) throw new Error(`${tensor.name} has no buffer`);
    return place;
  };
  // Of an arena, its parts are looked at.
  const keyOf = (tensor: Tensor): string => `${placeOf(tensor)} + ${tensor.view?.offset ?? 0}`;

  for (const op of order) {
    const [reads, writes, updates] = [transient(op.reads), transient(op.writes), transient(op.updates)];
    for (const tensor of [...reads, ...updates]) {
      // A value that no op writes comes from outside and is not this test's business, unless it is
      // overwritten.
      const value = expected.get(tensor.id);
      const found = contents.get(keyOf(tensor));
      if (value !== undefined && found !== value) wrong.push(`${op.name} reads ${found} instead of ${value}`);
    }
    const changed = [...writes, ...updates].map(placeOf);
    if (new Set(changed).size < changed.length) wrong.push(`two outputs of ${op.name} share a buffer`);
    for (const tensor of reads) {
      if (changed.includes(placeOf(tensor))) wrong.push(`${op.name} reads ${tensor.name} where it writes`);
    }
    for (const tensor of [...writes, ...updates]) {
      const value = `${tensor.name} by ${op.name}`;
      expected.set(tensor.id, value);
      contents.set(keyOf(tensor), value);
    }
  }
  return wrong;
}

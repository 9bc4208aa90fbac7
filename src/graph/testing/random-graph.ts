import { Random } from '../../base/philox.js';
import { addOp, addParameters, addTensor, createGraph, type Op, type Tensor } from '../index.js';

/** Keeps these graphs apart from the streams of the engine. */
const TEST_STREAM = 98;

/**
 * A graph without a circle, as scheduling and memory planning see it: ops of no particular kernel that read,
 * write and update tensors of random shapes, added in random order.
 *
 * It holds every kind of hazard that the engine's own graphs have, and more: values with several readers, ops
 * with two outputs, gradients written through windows and read as a whole arena, in-place updates of single
 * parameters and of the whole arena, values that nobody reads.
 */
export function randomOps(seed: number): readonly Op[] {
  const random = new Random(seed, TEST_STREAM);
  const chance = (probability: number): boolean => random.uniform() < probability;
  const pick = <T>(from: readonly T[]): T => from[random.below(from.length)]!;
  const graph = createGraph();
  const side = (): number => 1 + random.below(40);
  const parameters = addParameters(
    graph,
    Array.from({ length: 1 + random.below(4) }, (_, i) => ({ name: `p${i}`, rows: side(), columns: side() })),
  );
  const arenas = graph.arenas!;

  // What an op may still read. Who reads a value means the one from before its update: once a value is
  // updated, an op added later might depend on the update and would make a circle.
  let readable: Tensor[] = [
    addTensor(graph, 'input', { rows: side(), columns: side() }, 'shared'),
    arenas.parameters,
    ...parameters.map(({ value }) => value),
  ];
  const withdraw = (tensors: readonly Tensor[]): void => {
    readable = readable.filter((each) => !tensors.includes(each));
  };
  const unwritten = parameters.map(({ gradient }) => gradient);
  const notUpdated = [...parameters];

  const count = 2 + random.below(24);
  for (let i = 0; i < count; i++) {
    const reads: Record<string, Tensor> = {};
    for (let r = random.below(4); r > 0; r--) {
      const tensor = pick(readable);
      if (!Object.values(reads).includes(tensor)) reads[`r${r}`] = tensor;
    }
    const writes: Record<string, Tensor> = {};
    const updates: Record<string, Tensor> = {};
    for (let w = chance(0.3) ? 2 : 1; w > 0; w--) {
      const vector = chance(0.3);
      writes[`w${w}`] = addTensor(graph, `t${i}.${w}`, {
        rows: vector ? 1 : side(),
        columns: side(),
        vector,
      });
    }
    if (unwritten.length > 0 && chance(0.3)) writes.gradient = unwritten.pop()!;
    if (chance(0.1)) {
      // After this, no gradient may be written by an op that depends on this one.
      reads.gradients = arenas.gradients;
      unwritten.length = 0;
    }
    if (chance(0.15) && notUpdated.length > 0) {
      const { value, firstMoment } = notUpdated.pop()!;
      updates.u = value;
      updates.m = firstMoment;
      withdraw([value, arenas.parameters]);
    } else if (chance(0.05) && notUpdated.length === parameters.length) {
      updates.u = arenas.parameters;
      notUpdated.length = 0;
      withdraw([arenas.parameters, ...parameters.map(({ value }) => value)]);
    }
    // An op does not read apart what it updates.
    const apart = Object.entries(reads).filter(
      ([, tensor]) => readable.includes(tensor) || tensor === arenas.gradients,
    );
    addOp(graph, { kernel: 'gather', name: `op${i}`, reads: Object.fromEntries(apart), writes, updates });
    readable.push(...Object.values(writes).filter(({ storage }) => storage === 'transient'));
  }

  const order = random.shuffle(Uint32Array.from(graph.ops.keys()));
  return Array.from(order, (index) => graph.ops[index]!);
}

import { describe, expect, test } from 'vitest';
import {
  addOp,
  addParameters,
  addTensor,
  createGraph,
  fuse,
  schedule,
  type Graph,
  type Op,
  type Tensor,
} from './index.js';
import { trainingGraph } from '../model/index.js';
import { hazards } from './testing/hazards.js';
import { randomOps } from './testing/random-graph.js';

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

/** The first op, in the order in which ops were added, that waits for nobody; again and again. */
function firstReady(ops: readonly Op[]): Op[] {
  const waits = hazards(ops);
  const order: Op[] = [];
  while (order.length < ops.length) {
    const ready = ops.find(
      (op) => !order.includes(op) && waits.every(({ first, then }) => then !== op || order.includes(first)),
    );
    if (ready === undefined) throw new Error('the test made a graph with a circle');
    order.push(ready);
  }
  return order;
}

describe('random graphs', () => {
  test('every value is written before it is read, and updated after it is read', () => {
    const seen = { 'read after write': 0, 'update after read': 0 };
    for (const seed of seeds) {
      const ops = randomOps(seed);
      const order = schedule(ops);
      expect([...order].sort(byName)).toEqual([...ops].sort(byName));
      const place = new Map(order.map((op, at) => [op, at]));
      for (const { kind, first, then } of hazards(ops)) {
        seen[kind]++;
        expect(place.get(first), `${kind}: ${first.name}, ${then.name} (seed ${seed})`).toBeLessThan(
          place.get(then)!,
        );
      }
    }
    // The graphs have what is to be tested.
    expect(seen['read after write']).toBeGreaterThan(2000);
    expect(seen['update after read']).toBeGreaterThan(100);
  });

  test('beyond that, ops stay as they were added', () => {
    for (const seed of seeds) {
      const ops = randomOps(seed);
      expect(schedule(ops).map(({ name }) => name)).toEqual(firstReady(ops).map(({ name }) => name));
    }
  });

  test('a schedule is left as it is', () => {
    for (const seed of seeds) {
      const order = schedule(randomOps(seed));
      expect(schedule(order)).toEqual(order);
    }
  });
});

const byName = (a: Op, b: Op): number => a.name.localeCompare(b.name);

test('training steps: every reader of a parameter comes before its update, fused or not', () => {
  const graph = trainingGraph(
    { inputs: 12, hidden: [8, 8, 8], classes: 3, dropout: true },
    { samples: 20, indices: 16, batch: 4, slots: 4 },
  );
  const readers = (each: Graph): number => {
    const order = schedule(each.ops);
    const updates = hazards(order).filter(({ kind }) => kind === 'update after read');
    for (const { first, then } of updates)
      expect(order.indexOf(first), then.name).toBeLessThan(order.indexOf(then));
    return updates.length;
  };
  // Four forward ops read weights and bias, three backward ops weights; an update of both meets each op once.
  expect(readers(graph)).toBe(11);
  expect(readers(fuse(graph))).toBe(7);
  // Updates added first: only the hazards can move them back.
  expect(readers({ ...graph, ops: graph.ops.toReversed() })).toBe(11);
});

describe('refused', () => {
  const shape = { rows: 4, columns: 4 };
  const some = (): { graph: Graph; a: Tensor; b: Tensor; c: Tensor } => {
    const graph = createGraph();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => addTensor(graph, name, shape)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return { graph, a, b, c };
  };

  test('a circle, naming the ops that are left', () => {
    const { graph, a, b, c } = some();
    addOp(graph, { kernel: 'gather', name: 'fine', reads: {}, writes: { c } });
    addOp(graph, { kernel: 'gather', name: 'one', reads: { b }, writes: { a } });
    addOp(graph, { kernel: 'gather', name: 'two', reads: { a, c }, writes: { b } });
    expect(() => schedule(graph.ops)).toThrow(
      expect.objectContaining({ kind: 'bug', message: 'the graph has a circle', found: 'one, two' }),
    );
  });

  test('a circle through an update: its result is needed by a reader of the old value', () => {
    const { graph, a, b, c } = some();
    addOp(graph, { kernel: 'gather', name: 'update', updates: { a }, writes: { b } });
    addOp(graph, { kernel: 'gather', name: 'reader', reads: { a, b }, writes: { c } });
    expect(() => schedule(graph.ops)).toThrow(expect.objectContaining({ found: 'update, reader' }));
  });

  test.each([
    ['written', 'written'],
    ['written', 'updated'],
    ['updated', 'updated'],
  ])('a tensor that is %s and %s', (first, second) => {
    const { graph, a } = some();
    for (const [name, how] of [
      ['one', first],
      ['two', second],
    ] as const) {
      addOp(graph, {
        kernel: 'gather',
        name,
        ...(how === 'written' ? { writes: { a } } : { updates: { a } }),
      });
    }
    expect(() => schedule(graph.ops)).toThrow(
      expect.objectContaining({ kind: 'bug', message: 'ops one and two write the same tensor' }),
    );
  });

  test('a window that is written beside its whole arena; windows side by side are not', () => {
    const graph = createGraph();
    const [p, q] = addParameters(graph, [
      { name: 'p', ...shape },
      { name: 'q', ...shape },
    ]);
    addOp(graph, { kernel: 'gather', name: 'one', writes: { g: p!.gradient } });
    addOp(graph, { kernel: 'gather', name: 'two', writes: { g: q!.gradient } });
    expect(schedule(graph.ops)).toEqual(graph.ops);
    addOp(graph, { kernel: 'gather', name: 'three', writes: { g: graph.arenas!.gradients } });
    expect(() => schedule(graph.ops)).toThrow('ops one and three write the same tensor');
  });
});

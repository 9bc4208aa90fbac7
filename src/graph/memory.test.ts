import { describe, expect, test } from 'vitest';
import { Random } from '../base/philox.js';
import {
  lifetimes,
  planMemory,
  planStep,
  schedule,
  type Op,
  type Plan,
  type Slot,
  type Tensor,
} from './index.js';
import { evaluationGraph, trainingGraph } from '../model/index.js';
import { randomOps } from './testing/random-graph.js';
import { simulate } from './testing/simulate.js';
import { everyTraits, lavapipe } from '../kernels/testing/traits.js';

const seeds = Array.from({ length: 400 }, (_, seed) => seed);

/** Bytes of one trial's tensor, both sides padded to four. */
const bytes = ({ rows, columns, vector }: Tensor): number =>
  4 * (vector === true ? 1 : Math.ceil(rows / 4) * 4) * Math.ceil(columns / 4) * 4;
const transients = (order: readonly Op[]): Tensor[] => [
  ...new Set(
    order
      .flatMap(({ reads, writes, updates }) =>
        [reads, writes, updates].flatMap((each) => Object.values(each)),
      )
      .filter(({ storage }) => storage === 'transient'),
  ),
];
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const slotOf =
  (slots: readonly Slot[]) =>
  (tensor: Tensor): number | undefined => {
    const found = slots.flatMap((slot, i) =>
      slot.tensors.some((each) => each.tensor === tensor) ? [i] : [],
    );
    expect(found.length, `buffers of ${tensor.name}`).toBe(1);
    return found[0];
  };

describe('random graphs', () => {
  const planned = seeds.map((seed) => {
    const order = schedule(randomOps(seed));
    return { seed, order, slots: planMemory(order) };
  });

  test('every read finds what was written for it, and no op reads where it writes', () => {
    for (const { seed, order, slots } of planned) {
      expect(simulate(order, slotOf(slots)), `seed ${seed}`).toEqual([]);
    }
  });

  test('a buffer is as large as its largest tenant, and together they take no more than each its own', () => {
    let shared = 0;
    let separate = 0;
    for (const { order, slots } of planned) {
      for (const slot of slots) {
        expect(slot.bytes).toBe(Math.max(...slot.tensors.map(({ tensor }) => bytes(tensor))));
      }
      const own = sum(transients(order).map(bytes));
      expect(sum(slots.map((slot) => slot.bytes))).toBeLessThanOrEqual(own);
      shared += sum(slots.map((slot) => slot.bytes));
      separate += own;
    }
    // A plan that never shares would pass everything else.
    expect(shared).toBeLessThan(0.9 * separate);
  });

  test('only transient tensors are placed, each once', () => {
    for (const { order, slots } of planned) {
      const placed = slots.flatMap((slot) => slot.tensors.map(({ tensor }) => tensor.id));
      const wanted = transients(order).map(({ id }) => id);
      expect(placed.sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
    }
  });

  test('the same graph gives the same plan', () => {
    for (const seed of seeds.slice(0, 20)) {
      const plan = (): Slot[] => planMemory(schedule(randomOps(seed)));
      expect(plan()).toEqual(plan());
    }
  });
});

test('the simulation sees a tensor that is overwritten while it is alive', () => {
  // Sharing with everyone that has gone before the last use, not after it: one op too generous.
  let caught = 0;
  for (const seed of seeds.slice(0, 50)) {
    const order = schedule(randomOps(seed));
    const places: { last: number }[] = [];
    const placeOf = new Map<Tensor, number>();
    for (const { tensor, first, last } of lifetimes(order)) {
      let place = places.findIndex((each) => each.last <= first);
      if (place < 0) place = places.push({ last }) - 1;
      places[place]!.last = last;
      placeOf.set(tensor, place);
    }
    if (simulate(order, (tensor) => placeOf.get(tensor)).length > 0) caught++;
  }
  expect(caught).toBeGreaterThan(25);
});

test('lifetimes run from the first op that touches a tensor to the last', () => {
  const graph = trainingGraph(
    { inputs: 12, hidden: [8], classes: 3, dropout: false },
    { samples: 20, indices: 16, batch: 4, slots: 4 },
  );
  const found = new Map(
    lifetimes(graph.ops).map(({ tensor, first, last }) => [
      tensor.name,
      [graph.ops[first]!.name, graph.ops[last]!.name],
    ]),
  );
  expect(Object.fromEntries(found)).toEqual({
    batch: ['gather', 'layer0.weights'],
    'batch.labels': ['gather', 'metrics'],
    layer0: ['layer0', 'layer0.relu'],
    'layer0.relu': ['layer0.relu', 'layer0.relu.backward'],
    layer1: ['layer1', 'loss'],
    'gradient of layer1': ['loss', 'layer1.bias'],
    'row losses': ['loss', 'metrics'],
    predictions: ['loss', 'metrics'],
    'gradient of layer0.relu': ['layer1.input', 'layer0.relu.backward'],
    'gradient of layer0': ['layer0.relu.backward', 'layer0.bias'],
  });
});

describe('networks', () => {
  const check = ({ dispatches, bufferOf, buffers, trials }: Plan): void => {
    const order = dispatches.map(({ op }) => op);
    expect(simulate(order, (tensor) => bufferOf.get(tensor.id))).toEqual([]);
    for (const tensor of transients(order)) {
      expect(buffers[bufferOf.get(tensor.id)!]!.bytes, tensor.name).toBeGreaterThanOrEqual(
        trials * bytes(tensor),
      );
    }
  };

  test('of random shapes: every plan passes the simulation', () => {
    const random = new Random(1, 97);
    const size = (limit: number): number => 1 + random.below(limit);
    for (let i = 0; i < 60; i++) {
      const hidden = Array.from({ length: random.below(6) }, () => size(70));
      const mlp = { inputs: size(100), hidden, classes: size(12), dropout: random.below(2) === 0 };
      const feed = { samples: 50, indices: 40, batch: size(40), slots: 4 };
      for (const graph of [trainingGraph(mlp, feed), evaluationGraph(mlp, feed)]) {
        for (const traits of Object.values(everyTraits)) {
          for (const fuse of [true, false]) check(planStep(graph, traits, { trials: size(5), fuse }));
        }
      }
    }
  });

  test('a deep evaluation needs two buffers for its activations, however deep', () => {
    const buffers = (depth: number, fuse: boolean): number => {
      const mlp = { inputs: 32, hidden: Array.from({ length: depth }, () => 32), classes: 3, dropout: false };
      const graph = evaluationGraph(mlp, { samples: 50, indices: 40, batch: 32, slots: 4 });
      const { buffers: all } = planStep(graph, lavapipe, { trials: 1, fuse });
      return all.filter(({ storage, bytes: size }) => storage === 'transient' && size === 4 * 32 * 32).length;
    };
    expect([1, 2, 3, 10].map((depth) => buffers(depth, false))).toEqual([2, 2, 2, 2]);
    // The batch stays where it is, and the logits inside a kernel.
    expect([1, 2, 3, 10].map((depth) => buffers(depth, true))).toEqual([1, 2, 2, 2]);
  });
});

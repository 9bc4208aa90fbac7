import { describe, expect, test } from 'vitest';
import type { Graph, Parameter } from '../graph/index.js';
import { checkGraph, initialParameters, trainingGraph, unpackParameter } from './index.js';

const graphOf = (inputs: number, hidden: readonly number[], classes: number): Graph =>
  checkGraph({ inputs, hidden, classes, dropout: false });
const named = (graph: Graph, name: string): Parameter => graph.parameters.find((each) => each.name === name)!;
const valuesOf = (graph: Graph, name: string, seed: number): Float32Array =>
  unpackParameter(named(graph, name), initialParameters(graph, seed));

describe('initial parameters', () => {
  const graph = graphOf(784, [256, 128], 10);
  const fanIn = { layer0: 784, layer1: 256, layer2: 128 } as const;

  test.each(Object.entries(fanIn))('%s: weights and bias uniform in ±1/sqrt(%i)', (layer, inputs) => {
    const bound = 1 / Math.sqrt(inputs);
    for (const kind of ['weight', 'bias']) {
      const values = valuesOf(graph, `${layer}.${kind}`, 3);
      // Mean 0 and variance bound²/3, each within 5 standard errors; var(x²) = 4 bound⁴ / 45.
      const n = values.length;
      const mean = values.reduce((sum, value) => sum + value, 0) / n;
      const variance = values.reduce((sum, value) => sum + value * value, 0) / n;
      expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * n));
      expect(Math.abs(variance - bound ** 2 / 3)).toBeLessThan(
        (5 * bound ** 2 * Math.sqrt(4 / 45)) / Math.sqrt(n),
      );
      expect(values.every((value) => Math.abs(value) <= Math.fround(bound))).toBe(true);
    }
  });

  test('a large layer fills its range evenly', () => {
    const values = valuesOf(graph, 'layer0.weight', 3);
    const bins = new Array<number>(20).fill(0);
    for (const value of values) bins[Math.min(19, Math.floor(10 * (value * 28 + 1)))]!++;
    const expected = values.length / 20;
    const chiSquared = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 19 degrees of freedom: 0.1 % of fair generators exceed 43.8.
    expect(chiSquared).toBeLessThan(43.8);
  });

  test('padding and the gaps between parameters are zero', () => {
    const odd = graphOf(5, [3, 7], 2);
    const slice = initialParameters(odd, 1);
    for (const { value } of odd.parameters) {
      const stride = Math.ceil(value.columns / 4) * 4;
      for (let row = 0; row < value.rows; row++) {
        const start = value.view!.offset + row * stride;
        slice.fill(0, start, start + value.columns);
      }
    }
    expect(slice.length).toBe(odd.arenas!.parameters.columns);
    expect(slice.every((value) => Object.is(value, 0))).toBe(true);
  });

  test('a layer does not depend on the sizes of the others', () => {
    const other = graphOf(784, [256, 17, 33], 4);
    for (const name of ['layer0.weight', 'layer0.bias'])
      expect(valuesOf(other, name, 3)).toEqual(valuesOf(graph, name, 3));
    const narrow = graphOf(12, [256, 128], 10);
    for (const name of ['layer1.weight', 'layer2.weight'])
      expect(valuesOf(narrow, name, 3)).toEqual(valuesOf(graph, name, 3));
  });

  test('training and evaluation lay parameters out alike', () => {
    const mlp = { inputs: 5, hidden: [3], classes: 2, dropout: true };
    const training = trainingGraph(mlp, { samples: 9, indices: 8, batch: 4, slots: 2 });
    expect(initialParameters(training, 4)).toEqual(initialParameters(checkGraph(mlp), 4));
  });

  test('the same seed gives the same values, another seed others; so do seeds that differ in their high word', () => {
    const small = graphOf(5, [3], 2);
    const of = (seed: number): string => initialParameters(small, seed).join();
    expect(of(7)).toBe(of(7));
    expect(new Set([0, 1, 2, 3, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER].map(of)).size).toBe(7);
  });

  test('no two parameters get the same draws', () => {
    const square = graphOf(4, [4, 4], 4);
    const all = square.parameters.map(({ name }) => valuesOf(square, name, 1).subarray(0, 4).join());
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('unpackParameter', () => {
  test('takes every value out of a padded arena, row-major, and nothing else', () => {
    for (const graph of [graphOf(1, [], 2), graphOf(3, [5, 1], 2), graphOf(8, [4], 12)]) {
      const arena = new Float32Array(graph.arenas!.parameters.columns).fill(Number.NaN);
      graph.parameters.forEach(({ value }, which) => {
        const stride = Math.ceil(value.columns / 4) * 4;
        for (let row = 0; row < value.rows; row++)
          for (let column = 0; column < value.columns; column++)
            arena[value.view!.offset + row * stride + column] = 1000 * which + row * value.columns + column;
      });
      graph.parameters.forEach((parameter, which) => {
        const { rows, columns } = parameter.value;
        const expected = Array.from({ length: rows * columns }, (_, i) => 1000 * which + i);
        expect([...unpackParameter(parameter, arena)]).toEqual(expected);
      });
    }
  });
});

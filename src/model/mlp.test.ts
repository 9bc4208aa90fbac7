import { describe, expect, test } from 'vitest';
import { addParameters, createGraph, dense, addTensor } from '../graph/index.js';
import { checkGraph, evaluationGraph, trainingGraph, widths, type Mlp } from './index.js';

const feed = { samples: 20, indices: 16, batch: 4, slots: 4 };
const mlp: Mlp = { inputs: 12, hidden: [8, 6], classes: 3, dropout: true };
const usage = (part: object): unknown => expect.objectContaining({ kind: 'usage', ...part });

test('widths from input to output', () => {
  expect(widths(mlp)).toEqual([12, 8, 6, 3]);
  expect(widths({ ...mlp, hidden: [] })).toEqual([12, 3]);
});

test('parameters: weights [in, out] and bias [out] per layer, in the order of files', () => {
  const shapes = checkGraph(mlp).parameters.map(({ name, value }) => [name, value.rows, value.columns]);
  expect(shapes).toEqual([
    ['layer0.weight', 12, 8],
    ['layer0.bias', 1, 8],
    ['layer1.weight', 8, 6],
    ['layer1.bias', 1, 6],
    ['layer2.weight', 6, 3],
    ['layer2.bias', 1, 3],
  ]);
  const of = (graph: { parameters: readonly { name: string }[] }): string[] =>
    graph.parameters.map(({ name }) => name);
  expect(of(trainingGraph(mlp, feed))).toEqual(of(checkGraph(mlp)));
  expect(of(evaluationGraph(mlp, feed))).toEqual(of(checkGraph(mlp)));
});

describe('dropout', () => {
  const dropouts = (graph: { ops: readonly { kernel: string; name: string }[] }): string[] =>
    graph.ops.filter(({ kernel }) => kernel === 'dropout_forward').map(({ name }) => name);

  test('follows the first hidden ReLU only, in training only', () => {
    expect(dropouts(trainingGraph(mlp, feed))).toEqual(['layer0.dropout']);
    expect(dropouts(trainingGraph({ ...mlp, dropout: false }, feed))).toEqual([]);
    expect(dropouts(evaluationGraph(mlp, feed))).toEqual([]);
  });

  test('has no place without a hidden layer', () => {
    expect(dropouts(trainingGraph({ ...mlp, hidden: [] }, feed))).toEqual([]);
  });
});

test('the check looks at all parameters at once, then at both moments, each with flags of its own', () => {
  const { ops, arenas } = checkGraph(mlp);
  const { parameters, firstMoments, secondMoments } = arenas!;
  expect(ops.map(({ kernel, reads }) => [kernel, reads.x])).toEqual([
    ['nonfinite', parameters],
    ['nonfinite', firstMoments],
    ['nonfinite', secondMoments],
  ]);
  expect(new Set(ops.map(({ updates }) => updates.flags!.name)).size).toBe(3);
});

describe('refused', () => {
  test.each([
    [{ ...mlp, hidden: [8, 0] }, 'layer1.weight', '8x0'],
    [{ ...mlp, hidden: [1.5] }, 'layer0.weight', '12x1.5'],
    [{ ...mlp, hidden: [-3] }, 'layer0.weight', '12x-3'],
    [{ ...mlp, classes: 0 }, 'layer2.weight', '6x0'],
  ])('a width that is no positive whole number: %o', (wrong, name, found) => {
    expect(() => checkGraph(wrong)).toThrow(
      usage({
        message: `tensor ${name} has a side that is not a positive whole number`,
        found,
        expected: 'at least 1x1',
      }),
    );
  });

  test('an empty batch', () => {
    expect(() => trainingGraph(mlp, { ...feed, batch: 0 })).toThrow(usage({ found: '0x12' }));
  });

  test('a layer that does not fit its input', () => {
    const graph = createGraph();
    const [w, b] = addParameters(graph, [
      { name: 'w', rows: 5, columns: 2 },
      { name: 'b', rows: 1, columns: 2, vector: true },
    ]);
    const x = addTensor(graph, 'x', { rows: 4, columns: 6 });
    expect(() => dense(graph, 'layer', x, w!, b!)).toThrow(
      usage({ found: 'an input of 6 columns', expected: '5, the rows of its weights' }),
    );
  });
});

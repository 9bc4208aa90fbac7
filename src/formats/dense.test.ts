import { describe, expect, test } from 'vitest';
import { denseLayers, parametersOf } from './dense.js';
import { parseSafetensors, encodeSafetensors } from './safetensors.js';
import type { Tensor, Tensors } from './tensor.js';
import { elements } from '../kernels/index.js';
import { initialParameters, trainingGraph, unpackParameter } from '../model/index.js';
import { expectBadFile } from './testing/bytes.js';
import { network } from './testing/networks.js';

describe('the layers of a network', () => {
  test("come out of the engine's arena, padding left behind", () => {
    const mlp = { inputs: 6, hidden: [5, 7], classes: 3, dropout: true };
    const graph = trainingGraph(mlp, { samples: 4, indices: 4, batch: 2, slots: 2 });
    const arena = initialParameters(graph, 1);
    expect(arena.length).toBe(elements(graph.arenas!.parameters));
    expect(arena.length).toBeGreaterThan(6 * 5 + 5 + 5 * 7 + 7 + 7 * 3 + 3);
    const parameters = new Map(
      graph.parameters.map((parameter): [string, Tensor] => {
        const { vector, rows, columns } = parameter.value;
        const shape = vector === true ? [columns] : [rows, columns];
        return [parameter.name, { shape, data: unpackParameter(parameter, arena) }];
      }),
    );
    const layers = denseLayers(parameters, 'the arena');
    expect(layers.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [6, 5],
      [5, 7],
      [7, 3],
    ]);
    const [offset, stride] = [graph.parameters[2]!.value.view!.offset, 8];
    expect(layers[1]!.weights[2 * 7 + 6]).toBe(arena[offset + 2 * stride + 6]);
    expect(layers[1]!.bias).toEqual(arena.subarray(graph.parameters[3]!.value.view!.offset).subarray(0, 7));
  });

  test('pass through a file unchanged', () => {
    const layers = network([6, 5, 7, 3], 1);
    const file = encodeSafetensors(parametersOf(layers));
    expect(denseLayers(parseSafetensors(file, 'f').tensors, 'f')).toEqual(layers);
  });

  const sound = parametersOf(network([6, 5, 7, 3], 1));
  const without = (name: string): Tensors => new Map([...sound].filter(([key]) => key !== name));
  const changed = (name: string, shape: readonly number[], data?: Tensor['data']): Tensors => {
    const size = shape.reduce((product, side) => product * side, 1);
    return new Map([...sound, [name, { shape, data: data ?? new Float32Array(size) }]]);
  };
  test.each<[string, Tensors, RegExp]>([
    ['nothing', new Map(), /no sound parameter layer0\.weight[^]*none of that name/],
    ['no bias', without('layer1.bias'), /no sound parameter layer1\.bias/],
    ['a layer missing in between', without('layer1.weight'), /no parameter of a network[^]*"layer1\.bias"/],
    ['another tensor', changed('optimizer', [1]), /no parameter of a network[^]*"optimizer"/],
    ['weights of rank 1', changed('layer0.weight', [30]), /layer0\.weight[^]*shape \[30\]/],
    ['no outputs', changed('layer0.weight', [6, 0]), /layer0\.weight/],
    ['a bias of another size', changed('layer0.bias', [4]), /layer0\.bias[^]*shape \[4\][^]*shape \[5\]/],
    ['layers that do not fit', changed('layer1.weight', [6, 7]), /layer1\.weight[^]*shape \[5, any\]/],
    ['f64', changed('layer2.bias', [3], new Float64Array(3)), /layer2\.bias[^]*Float64Array/],
  ])('are not made of parameters with %s', (_, tensors, message) =>
    expectBadFile(() => denseLayers(tensors, 'a.safetensors'), 'a.safetensors', message),
  );
});

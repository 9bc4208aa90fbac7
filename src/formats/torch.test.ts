import { describe, expect, test } from 'vitest';
import { EngineError } from '../base/errors.js';
import { encodeSafetensors } from './safetensors.js';
import { bytesOf } from './tensor.js';
import { asPython, isStateDict, layersOfStateDict, sequential, stateDict } from './torch.js';
import { uniform } from '../../kernels.test/arrays.js';
import { expectWithin } from '../../kernels.test/compare.js';
import { u } from '../../kernels.test/bounds/arithmetic.js';
import { forward, network } from './testing/networks.js';
import { findPython, runPython } from './testing/python.js';

describe('a state_dict', () => {
  const keys = (widths: readonly number[], ...dropout: number[]): string[] => [
    ...stateDict(sequential(network(widths, 1), dropout)).keys(),
  ];

  test.each<[readonly number[], number, readonly number[]]>([
    [[4, 3], 0, [0]],
    [[4, 3], 0.5, [0]],
    [[4, 5, 3], 0, [0, 2]],
    [[4, 5, 3], 0.5, [0, 3]],
    [[4, 5, 6, 3], 0, [0, 2, 4]],
    [[4, 5, 6, 3], 0.3, [0, 3, 5]],
    [[4, 5, 6, 7, 3], 0.3, [0, 3, 5, 7]],
  ])('of %j with dropout %d numbers its Linear modules %j', (widths, dropout, numbers) => {
    expect(keys(widths, dropout)).toEqual(numbers.flatMap((n) => [`${n}.weight`, `${n}.bias`]));
  });

  test('counts a Dropout module after each hidden layer that has dropout', () => {
    expect(keys([4, 5, 6, 7, 3], 0.3, 0, 0.1)).toEqual(
      [0, 3, 5, 8].flatMap((n) => [`${n}.weight`, `${n}.bias`]),
    );
  });

  test('has weights [out, in]', () => {
    const layer = {
      inputs: 2,
      outputs: 3,
      weights: Float32Array.of(1, 2, 3, 4, 5, 6),
      bias: Float32Array.of(7, 8, 9),
    };
    expect(stateDict(sequential([layer], []))).toEqual(
      new Map([
        ['0.weight', { shape: [3, 2], data: Float32Array.of(1, 4, 2, 5, 3, 6) }],
        ['0.bias', { shape: [3], data: Float32Array.of(7, 8, 9) }],
      ]),
    );
  });

  test.each([[[]], [[0.3]], [[0.3, 0, 0.5]]])('gives its layers back, with dropout %j', (dropout) => {
    const layers = network([4, 5, 6, 7, 3], 1);
    const tensors = stateDict(sequential(layers, dropout));
    expect(isStateDict(tensors)).toBe(true);
    expect(layersOfStateDict(tensors, 'a')).toEqual(layers);
    const shuffled = new Map([...tensors].reverse());
    expect(layersOfStateDict(shuffled, 'a')).toEqual(layers);
  });

  test('that is none of a network is refused', () => {
    const tensors = new Map(stateDict(sequential(network([4, 5, 3], 1), [])));
    tensors.delete('2.bias');
    expect(() => layersOfStateDict(tensors, 'a.safetensors')).toThrow(/^a\.safetensors: /);
    expect(isStateDict(new Map())).toBe(false);
    expect(isStateDict(new Map([...tensors, ['fc.weight', tensors.get('0.weight')!]]))).toBe(false);
  });

  test('says its modules in Python', () => {
    expect(asPython(sequential(network([784, 256, 128, 10], 1), [0.3]))).toBe(
      'nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))',
    );
  });

  test.each([-0.1, 1, NaN])('refuses %d as dropout', (dropout) => {
    expect(() => sequential(network([4, 5, 3], 1), [dropout])).toThrow(EngineError);
  });

  test('refuses layers that do not follow each other', () => {
    expect(() => sequential(network([4, 5, 3], 1).toReversed(), [])).toThrow(EngineError);
  });
});

describe('PyTorch', () => {
  const python = findPython('torch');
  const rows = 20;
  test.skipIf(python === undefined).each([
    [[784, 256, 128, 10], 0.3],
    [[784, 128, 10], 0],
  ] as const)(
    'loads a safetensors file of %j with dropout %d, and gives the same logits',
    (widths, dropout) => {
      const layers = network(widths, 2);
      const modules = sequential(layers, [dropout]);
      const model = encodeSafetensors(stateDict(modules), new Map([['module', asPython(modules)]]));
      const x = uniform(rows * widths[0], 3, 0, 1);
      const files = { 'model.safetensors': model, 'x.f32': bytesOf(x) };
      const found = runPython(python!, 'load_state_dict.py', files, JSON.stringify({ widths, dropout })) as {
        readonly single: readonly number[];
        readonly double: readonly number[];
      };
      const { logits, bound } = forward(layers, x, rows);
      expectWithin(found.single, logits, bound, 'logits in f32', [rows, 10]);
      // The same sums in f64, on both sides: the bound of f32 in the ratio of the roundings.
      const sharp = bound.map((value) => (2 * value * 2 ** -53) / u);
      expectWithin(found.double, logits, sharp, 'logits in f64', [rows, 10]);
    },
  );
});

import { EngineError } from '../base/errors.js';
import { denseLayers, requireChain, type DenseLayer } from './dense.js';
import type { Tensor, Tensors } from './tensor.js';

/**
 * Networks as `torch.nn.Sequential` knows them.
 *
 * A Sequential numbers its modules from 0, those without parameters too, and the names in its state_dict are
 * these numbers: Linear 0, ReLU 1, Linear 2, ... With a dropout behind the first ReLU that is Linear 0, ReLU
 * 1, Dropout 2, Linear 3, ReLU 4, Linear 5, ... So a state_dict only fits a Sequential that has the dropout
 * too, or `nn.Identity()` in its place.
 */

export type TorchModule =
  | { readonly kind: 'Linear'; readonly layer: DenseLayer }
  | { readonly kind: 'ReLU' }
  | { readonly kind: 'Dropout'; readonly p: number };

/**
 * The modules of a network: Linear and ReLU in turn, Linear at the end, and dropout where the engine has it,
 * after hidden ReLUs.
 * @param dropout the probability in [0, 1) of each hidden layer; 0 gives no Dropout module
 * @throws EngineError `bug`: layers that make no network, or no probability
 */
export function sequential(
  layers: readonly DenseLayer[],
  dropout: readonly number[],
): readonly TorchModule[] {
  requireChain(layers);
  if (!dropout.every((p) => p >= 0 && p < 1))
    throw new EngineError('bug', 'Dropout needs a probability', {
      found: dropout.join(', '),
      expected: '[0, 1)',
    });
  return layers.flatMap((layer, index): TorchModule[] => {
    const linear = { kind: 'Linear', layer } as const;
    if (index === layers.length - 1) return [linear];
    const p = dropout[index] ?? 0;
    return [linear, { kind: 'ReLU' }, ...(p > 0 ? [{ kind: 'Dropout', p } as const] : [])];
  });
}

/**
 * The state_dict of a Sequential: `0.weight` [out, in], `0.bias` [out], ...; weights are transposed copies.
 */
export function stateDict(modules: readonly TorchModule[]): Tensors {
  return new Map(
    modules.flatMap((module, index): [string, Tensor][] => {
      if (module.kind !== 'Linear') return [];
      const { inputs, outputs, weights, bias } = module.layer;
      return [
        [`${index}.weight`, { shape: [outputs, inputs], data: transposed(weights, inputs, outputs) }],
        [`${index}.bias`, { shape: [outputs], data: bias }],
      ];
    }),
  );
}

/** Whether tensors are named as in the state_dict of a Sequential. */
export function isStateDict(tensors: Tensors): boolean {
  return tensors.size > 0 && [...tensors.keys()].every((name) => /^\d+\.(weight|bias)$/.test(name));
}

/**
 * The layers of a state_dict: the reverse of `stateDict`. Its modules between the Linear ones have no
 * parameters, and are taken for ReLU and dropout.
 * @param file where they come from, for messages
 * @throws EngineError `bad-file` as `denseLayers`
 */
export function layersOfStateDict(tensors: Tensors, file: string): readonly DenseLayer[] {
  const numbers = [...new Set(Array.from(tensors.keys(), (name) => parseInt(name)))].sort((a, b) => a - b);
  const named = Array.from(tensors, ([name, tensor]): [string, Tensor] => {
    const [number, kind] = name.split('.');
    const { shape, data } = tensor;
    const [rows, columns] = shape;
    const isMatrix = shape.length === 2 && data instanceof Float32Array;
    return [
      `layer${numbers.indexOf(Number(number))}.${kind}`,
      isMatrix ? { shape: [columns!, rows!], data: transposed(data, rows!, columns!) } : tensor,
    ];
  });
  return denseLayers(new Map(named), file);
}

/** The Sequential as Python: `nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))`. */
export function asPython(modules: readonly TorchModule[]): string {
  const calls = modules.map((module) => {
    switch (module.kind) {
      case 'Linear':
        return `nn.Linear(${module.layer.inputs}, ${module.layer.outputs})`;
      case 'ReLU':
        return 'nn.ReLU()';
      case 'Dropout':
        return `nn.Dropout(${module.p})`;
    }
  });
  return `nn.Sequential(${calls.join(', ')})`;
}

/** [rows, columns] -> [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column]!;
  return result;
}

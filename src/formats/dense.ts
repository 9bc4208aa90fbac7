import { EngineError } from '../base/errors.js';
import { badFile, shown } from '../base/bad-file.js';
import type { Tensor, Tensors } from './tensor.js';

/** One dense layer, y = x W + b, as the engine stores it. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  /** W, row-major [inputs, outputs]. */
  readonly weights: Float32Array;
  /** b, [outputs]. */
  readonly bias: Float32Array;
}

/**
 * The layers of a network out of its parameters by the engine's names, without padding: `layer0.weight` [in,
 * out], `layer0.bias` [out], `layer1.weight`, ...
 * @param file where they come from, for messages
 * @throws EngineError `bad-file`: other names, types or shapes, a missing layer, or layers that do not fit
 *   each other
 */
export function denseLayers(parameters: Tensors, file: string): readonly DenseLayer[] {
  const layers: DenseLayer[] = [];
  let inputs: number | undefined;
  while (layers.length === 0 || parameters.has(`layer${layers.length}.weight`)) {
    const layer = layers.length;
    const weight = parameter(parameters, `layer${layer}.weight`, [inputs, undefined], file);
    const outputs = weight.shape[1]!;
    const bias = parameter(parameters, `layer${layer}.bias`, [outputs], file);
    layers.push({ inputs: weight.shape[0]!, outputs, weights: weight.data, bias: bias.data });
    inputs = outputs;
  }
  if (parameters.size !== 2 * layers.length)
    throw badFile(file, 'it holds something that is no parameter of a network', {
      found: shown([...parameters.keys()].find((name) => !isName(name, layers.length))),
      expected: `layer0.weight, layer0.bias, .. up to layer ${layers.length - 1}`,
    });
  return layers;
}

/** The parameters of layers by the engine's names: what `denseLayers` reads. */
export function parametersOf(layers: readonly DenseLayer[]): Tensors {
  return new Map(
    layers.flatMap(({ inputs, outputs, weights, bias }, layer): [string, Tensor][] => [
      [`layer${layer}.weight`, { shape: [inputs, outputs], data: weights }],
      [`layer${layer}.bias`, { shape: [outputs], data: bias }],
    ]),
  );
}

/**
 * @throws EngineError `bug`: no layers, arrays that do not fill them, or a layer that does not take what the
 *   one before gives
 */
export function requireChain(layers: readonly DenseLayer[]): void {
  const wrong = layers.findIndex(
    ({ inputs, outputs, weights, bias }, index) =>
      weights.length !== inputs * outputs ||
      bias.length !== outputs ||
      !(inputs > 0 && outputs > 0) ||
      (index > 0 && layers[index - 1]!.outputs !== inputs),
  );
  if (layers.length > 0 && wrong < 0) return;
  const { inputs, outputs, weights, bias } = layers[wrong] ?? {};
  throw new EngineError('bug', 'These layers do not make a network', {
    found:
      wrong < 0
        ? 'no layer'
        : `layer ${wrong}: ${inputs} inputs, ${outputs} outputs, ` +
          `${weights?.length} weights, a bias of ${bias?.length}`,
    expected:
      'as many inputs as the layer before has outputs; weights [inputs, outputs] and a bias [outputs]',
  });
}

/** @param sides the shape, undefined where any size from 1 will do */
function parameter(
  parameters: Tensors,
  name: string,
  sides: readonly (number | undefined)[],
  file: string,
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const { shape, data } = parameters.get(name) ?? {};
  const fits =
    shape?.length === sides.length && shape.every((side, i) => side > 0 && side === (sides[i] ?? side));
  if (!fits || !(data instanceof Float32Array))
    throw badFile(file, `it has no sound parameter ${name}`, {
      found:
        data === undefined ? 'none of that name' : `${data.constructor.name} of shape [${shape!.join(', ')}]`,
      expected: `Float32Array of shape [${sides.map((side) => side ?? 'any').join(', ')}]`,
    });
  return { shape, data };
}

function isName(name: string, layers: number): boolean {
  return Array.from({ length: layers }, (_, i) => i).some(
    (i) => name === `layer${i}.weight` || name === `layer${i}.bias`,
  );
}

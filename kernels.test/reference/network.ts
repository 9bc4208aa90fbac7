import { denseBackwardBias } from './dense_backward_bias.js';
import { denseBackwardInput } from './dense_backward_input.js';
import { denseBackwardWeights } from './dense_backward_weights.js';
import { denseForward } from './dense_forward.js';
import { dropoutBackward } from './dropout_backward.js';
import { dropoutForward } from './dropout_forward.js';
import type { DropoutDraw } from './dropout_mask.js';
import type { Numbers } from './numbers.js';
import { reluBackward } from './relu_backward.js';
import { reluForward } from './relu_forward.js';
import { softmaxCrossEntropy } from './softmax_cross_entropy.js';

/** One dense layer: weights [inputs, outputs] and bias [outputs]. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Numbers;
  readonly bias: Numbers;
}

export interface LayerGradients {
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

/** What a pass computes the loss of. */
export interface Batch {
  /** [rows, inputs of the first layer] */
  readonly x: Numbers;
  /** [rows] */
  readonly labels: Numbers;
  readonly rows: number;
}

export interface Regularisation {
  /** What follows each hidden ReLU, from the first on; further ones have none. */
  readonly dropout?: readonly DropoutDraw[];
  /** Of the labels. */
  readonly smoothing?: number;
}

/** One pass forward and backward over a batch. */
export interface NetworkPass {
  /** The mean of `losses`. */
  readonly loss: number;
  readonly losses: Float64Array;
  readonly predicted: Uint32Array;
  /** Per layer: its input x, after the ReLU and dropout before it. */
  readonly inputs: readonly Numbers[];
  /** Per layer: x w + b before the ReLU; the last one are the logits. */
  readonly preactivations: readonly Float64Array[];
  /** Per layer: the gradient of the mean loss by `preactivations`. */
  readonly preactivationGradients: readonly Float64Array[];
  /**
   * Per layer: the gradient by its input, as denseBackwardInput gives it; empty for the first layer, where
   * nothing asks for it.
   */
  readonly inputGradients: readonly Float64Array[];
  /** Per layer, the gradient of the mean loss. */
  readonly gradients: readonly LayerGradients[];
}

/**
 * dense - ReLU [- dropout] - ... - dense - softmax cross-entropy, with the gradients of the mean loss: the
 * references of the single kernels, composed.
 */
export function networkPass(
  layers: readonly Layer[],
  { x, labels, rows }: Batch,
  { dropout = [], smoothing = 0 }: Regularisation = {},
): NetworkPass {
  const inputs: Numbers[] = [];
  const preactivations: Float64Array[] = [];
  let activation = x;
  layers.forEach((layer, index) => {
    inputs.push(activation);
    const z = denseForward(activation, layer.weights, layer.bias, rows, layer.inputs, layer.outputs);
    preactivations.push(z);
    activation = index < layers.length - 1 ? reluForward(z) : z;
    const draw = dropout[index];
    if (index < layers.length - 1 && draw !== undefined)
      activation = dropoutForward(activation, rows, layer.outputs, draw);
  });
  const { losses, gradient, predicted } = softmaxCrossEntropy(
    activation,
    labels,
    rows,
    layers.at(-1)!.outputs,
    smoothing,
  );
  const gradients: LayerGradients[] = [];
  const preactivationGradients: Float64Array[] = [];
  const inputGradients: Float64Array[] = [];
  let dz = gradient;
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index]!;
    preactivationGradients.unshift(dz);
    gradients.unshift({
      weights: denseBackwardWeights(inputs[index]!, dz, rows, layer.inputs, layer.outputs),
      bias: denseBackwardBias(dz, rows, layer.outputs),
    });
    if (index === 0) {
      inputGradients.unshift(new Float64Array());
      break;
    }
    let dh = denseBackwardInput(dz, layer.weights, rows, layer.inputs, layer.outputs);
    inputGradients.unshift(dh);
    const draw = dropout[index - 1];
    if (draw !== undefined) dh = dropoutBackward(dh, rows, layer.inputs, draw);
    dz = reluBackward(dh, preactivations[index - 1]!);
  }
  const loss = losses.reduce((sum, value) => sum + value, 0) / rows;
  return {
    loss,
    losses,
    predicted,
    inputs,
    preactivations,
    preactivationGradients,
    inputGradients,
    gradients,
  };
}

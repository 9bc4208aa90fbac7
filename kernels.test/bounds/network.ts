import { dropoutBackward } from '../reference/dropout_backward.js';
import { dropoutMask, type DropoutDraw } from '../reference/dropout_mask.js';
import {
  type Batch,
  type Layer,
  networkPass,
  type NetworkPass,
  type Regularisation,
} from '../reference/network.js';
import type { Numbers } from '../reference/numbers.js';
import { reluForward } from '../reference/relu_forward.js';
import { certainRadii, flushed, gamma, type Radii, type Rounding, totalRadii } from './arithmetic.js';
import { biasProduct, forwardProduct, inputProduct, productRadii, weightsProduct } from './dense.js';
import { dropoutBound, reluBackwardBound } from './elementwise.js';
import { crossEntropyBound, type CrossEntropy } from './softmax.js';
import { sumBound } from './sums.js';

/** The f64 pass of a network, and how far an f32 pass may lie from it. */
export interface NetworkBound {
  readonly pass: NetworkPass;
  /** Of the mean loss. */
  readonly loss: number;
  readonly gradients: readonly { readonly weights: Float64Array; readonly bias: Float64Array }[];
}

/**
 * The bounds of all kernels of a training pass, composed along reference/network.ts.
 *
 * `certain` adds worst cases through every layer, which is beyond doubt and far from sharp. `probable` takes
 * the rounding errors of different results as independent with mean 0, also after they have passed through
 * the weights of a layer; what is not random stays certain: the conversion of the input, and the choice of a
 * ReLU whose input lies within its radius of 0. The conversion has the same bound where the first layer
 * divides its sums instead of its pixels: see productRadii.
 * @param batch x is exact; xRadius: how far the device's x may lie from it
 */
export function networkBound(
  layers: readonly Layer[],
  batch: Batch & { readonly xRadius: Numbers },
  rounding: Rounding,
  regularisation: Regularisation = {},
): NetworkBound {
  const { rows, labels, xRadius } = batch;
  const { dropout = [], smoothing = 0 } = regularisation;
  const pass = networkPass(layers, batch, regularisation);
  const last = layers.length - 1;

  const inputRadii = [certainRadii(xRadius)];
  const preactivationRadii = layers.map((layer, index) => {
    const { weights, bias, inputs, outputs } = layer;
    const h = pass.inputs[index]!;
    const radii = productRadii(
      forwardProduct(h, weights, bias, rows, inputs, outputs, inputRadii[index]),
      rounding,
    );
    const z = pass.preactivations[index]!;
    const active = reluRadii(z, radii);
    inputRadii.push(index === last ? active : dropoutRadii(reluForward(z), active, rows, dropout[index]));
    return radii;
  });

  const { losses, radii: logitsGradientRadii } = lossRadii(
    pass.preactivations[last]!,
    preactivationRadii[last]!,
    { labels, rows, smoothing },
  );
  const gradients: { weights: Float64Array; bias: Float64Array }[] = [];
  let dzRadii = logitsGradientRadii;
  for (let index = last; index >= 0; index--) {
    const { weights, inputs, outputs } = layers[index]!;
    const dz = pass.preactivationGradients[index]!;
    const h = pass.inputs[index]!;
    const ofWeights = weightsProduct(h, dz, rows, inputs, outputs, inputRadii[index], dzRadii);
    const ofBias = biasProduct(dz, rows, outputs, dzRadii);
    gradients.unshift({
      weights: totalRadii(productRadii(ofWeights, rounding)),
      bias: totalRadii(productRadii(ofBias, rounding)),
    });
    if (index === 0) break;
    const dh = pass.inputGradients[index]!;
    const dhRadii = productRadii(inputProduct(dz, weights, rows, inputs, outputs, dzRadii), rounding);
    const draw = dropout[index - 1];
    dzRadii = reluBackwardRadii(
      draw === undefined ? dh : dropoutBackward(dh, rows, inputs, draw),
      dropoutRadii(dh, dhRadii, rows, draw),
      pass.preactivations[index - 1]!,
      preactivationRadii[index - 1]!,
    );
  }
  const summed = losses.reduce((sum, radius) => sum + radius, 0) + sumBound(pass.losses);
  return { pass, loss: ((1 + gamma(2)) * summed) / rows + gamma(2) * pass.loss, gradients };
}

/** Radii of the losses and of the gradient by the logits, from those of the logits. */
function lossRadii(
  logits: Float64Array,
  radii: Radii,
  batch: Pick<CrossEntropy, 'labels' | 'rows' | 'smoothing'>,
): { losses: Float64Array; radii: Radii } {
  const given = { ...batch, logits, classes: logits.length / batch.rows };
  const total = crossEntropyBound({ ...given, radius: totalRadii(radii) });
  const certain = crossEntropyBound({ ...given, radius: radii.certain }).gradient;
  const probable = total.gradient.map((value, i) => Math.max(value - certain[i]!, 0));
  return { losses: total.losses, radii: { certain, probable } };
}

/** ReLU's output is surely 0 where its input surely is not positive. */
function reluRadii(z: Float64Array, radii: Radii): Radii {
  const silent = z.map((value, i) => (value + radii.certain[i]! + radii.probable[i]! <= 0 ? 0 : 1));
  return {
    certain: silent.map((keep, i) => keep * (radii.certain[i]! + flushed(z[i]!))),
    probable: silent.map((keep, i) => keep * radii.probable[i]!),
  };
}

/** Where the sign of z is in doubt, the gradient may pass or not: all of it is a certain error. */
function reluBackwardRadii(dh: Float64Array, dhRadii: Radii, z: Float64Array, zRadii: Radii): Radii {
  const certain = reluBackwardBound(dh, z, dhRadii.certain, totalRadii(zRadii));
  const total = reluBackwardBound(dh, z, totalRadii(dhRadii), totalRadii(zRadii));
  return { certain, probable: total.map((value, i) => value - certain[i]!) };
}

/** How radii pass through dropout, if there is any. @param values what it drops of, [rows, columns] */
function dropoutRadii(values: Float64Array, radii: Radii, rows: number, draw?: DropoutDraw): Radii {
  if (draw === undefined) return radii;
  const mask = dropoutMask(rows, values.length / rows, draw);
  const certain = dropoutBound(values, mask, draw.probability, radii.certain);
  const total = dropoutBound(values, mask, draw.probability, totalRadii(radii));
  return { certain, probable: total.map((value, i) => value - certain[i]!) };
}

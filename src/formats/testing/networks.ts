import type { DenseLayer } from '../dense.js';
import { uniform } from '../../../kernels.test/arrays.js';
import { certainRadii, totalRadii, type Radii } from '../../../kernels.test/bounds/arithmetic.js';
import { forwardProduct, productRadii } from '../../../kernels.test/bounds/dense.js';
import { denseForward } from '../../../kernels.test/reference/dense_forward.js';
import type { Numbers } from '../../../kernels.test/reference/numbers.js';
import { reluForward } from '../../../kernels.test/reference/relu_forward.js';

/**
 * A network of these widths; the same one for the same seed. Weights are uniform in ±sqrt(6 / fan_in) and
 * biases in ±1, which keeps activations near 1 in every layer: a lost bias or a transposed matrix moves the
 * logits by more than any rounding.
 */
export function network(widths: readonly number[], seed: number): readonly DenseLayer[] {
  return widths.slice(1).map((outputs, layer) => {
    const inputs = widths[layer]!;
    const limit = Math.sqrt(6 / inputs);
    return {
      inputs,
      outputs,
      weights: uniform(inputs * outputs, 100 * seed + 2 * layer, -limit, limit),
      bias: uniform(outputs, 100 * seed + 2 * layer + 1),
    };
  });
}

/**
 * The logits of a network in f64, and how far those of an f32 runtime may lie from them.
 *
 * Each product has the error bound of bounds/dense.ts, for any order of additions, with rounding errors taken
 * as independent with mean 0, as for whole networks elsewhere. ReLU is exact and brings no two values further
 * apart.
 * @param x [rows, inputs]
 * @param xRadius how far the runtime's x may lie from it; exact if left out
 */
export function forward(
  layers: readonly DenseLayer[],
  x: Numbers,
  rows: number,
  xRadius?: Numbers,
): { readonly logits: Float64Array; readonly bound: Float64Array } {
  let value = x;
  let radii: Radii | undefined = certainRadii(xRadius);
  let logits = new Float64Array();
  layers.forEach(({ inputs, outputs, weights, bias }, index) => {
    radii = productRadii(forwardProduct(value, weights, bias, rows, inputs, outputs, radii), 'probable');
    logits = denseForward(value, weights, bias, rows, inputs, outputs) as Float64Array<ArrayBuffer>;
    value = index < layers.length - 1 ? reluForward(logits) : logits;
  });
  return { logits, bound: totalRadii(radii!) };
}

import type { Numbers } from '../reference/numbers.js';
import {
  certainRadii,
  flushed,
  gamma,
  probableGamma,
  type Radii,
  type Rounding,
  tiny,
} from './arithmetic.js';

/**
 * One factor of a matrix product: element (o, t) of outer index o and summed index t is values[o * outer +
 * t * inner].
 */
export interface Factor {
  readonly values: Numbers;
  readonly radii?: Radii | undefined;
  readonly outer: number;
  readonly inner: number;
}

/** c[i, j] = addend[j] + sum over t < length of a(i, t) * b(j, t). */
export interface Product {
  readonly a: Factor;
  readonly b: Factor;
  readonly rows: number;
  readonly columns: number;
  readonly length: number;
  readonly addend?: { readonly values: Numbers; readonly radii?: Radii | undefined };
}

/**
 * The error of a product of inner length k, in any order of additions, with or without fma, with any number
 * of partial sums.
 *
 * A term a b passes one multiplication and at most k - 1 additions (adding to a zero accumulator or a zero of
 * the padding is exact), so it carries a factor (1 + θ), |θ| <= γ_k; with an addend, one addition more:
 * γ_{k+1} (Higham, section 3.1). Absolute: γ (|addend| + Σ|a||b|), and
 *  - a denormal factor may be read as 0: its whole term;
 *  - a denormal product or sum may be flushed: 2 tiny per term;
 *  - inputs with radii: Σ |a| r_b + |b| r_a + r_a r_b (probable parts: root of the sum of squares).
 *
 * A product with images (shaders/lib/pixels.wgsl) multiplies bytes, which are exact, and divides their sum
 * once: (Σ byte b (1 + θ)) / 255 (1 + δ), |δ| <= 2.5 ULP. As δ is the same for every term, that is
 * Σ x (1 + δ) b (1 + θ) with x = byte / 255: the product with pixels that were divided one by one, all with
 * the same error. So the bound is that for an x with the radius of gather, |δ| x, fused or not. What is
 * flushed of a sum of bytes counts 1/255, and of the quotient tiny once: less than 2 tiny per term. Sums of
 * bytes are 255 times as large: they overflow from 2^128 / 255 = 1.3e36 on; 784 weights of 1 give 2e5.
 */
export function productRadii(product: Product, rounding: Rounding): Radii {
  const { a, b, rows, columns, length, addend } = product;
  const roundings = length + (addend === undefined ? 0 : 1);
  const factor = rounding === 'certain' ? gamma(roundings) : probableGamma(roundings);
  const certain = new Float64Array(rows * columns);
  const probable = new Float64Array(rows * columns);
  const ca = a.radii?.certain;
  const cb = b.radii?.certain;
  const pa = a.radii?.probable;
  const pb = b.radii?.probable;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let magnitude = Math.abs(addend?.values[j] ?? 0);
      let sure = flushed(magnitude) + (addend?.radii?.certain[j] ?? 0) + 2 * roundings * tiny;
      let squares = (addend?.radii?.probable[j] ?? 0) ** 2;
      for (let t = 0; t < length; t++) {
        const at = i * a.outer + t * a.inner;
        const bt = j * b.outer + t * b.inner;
        const x = Math.abs(a.values[at]!);
        const y = Math.abs(b.values[bt]!);
        const sureX = ca === undefined ? 0 : ca[at]!;
        const sureY = cb === undefined ? 0 : cb[bt]!;
        const probableX = pa === undefined ? 0 : pa[at]!;
        const probableY = pb === undefined ? 0 : pb[bt]!;
        const largest = (x + sureX + probableX) * (y + sureY + probableY);
        const surely = x * sureY + y * sureX + sureX * sureY;
        magnitude += largest;
        sure += surely + (x < tiny || y < tiny ? x * y : 0);
        squares += (largest - x * y - surely) ** 2;
      }
      const local = factor * magnitude;
      const index = i * columns + j;
      if (rounding === 'certain') {
        certain[index] = sure + local;
        probable[index] = Math.sqrt(squares);
      } else {
        certain[index] = sure;
        probable[index] = Math.sqrt(squares + local * local);
      }
    }
  }
  return { certain, probable };
}

/** y = x w + b as a product. Shapes as in reference/dense_forward.ts. */
export function forwardProduct(
  x: Numbers,
  w: Numbers,
  b: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
  xRadii?: Radii,
): Product {
  return {
    a: { values: x, radii: xRadii, outer: inputs, inner: 1 },
    b: { values: w, outer: 1, inner: outputs },
    rows,
    columns: outputs,
    length: inputs,
    addend: { values: b },
  };
}

/** dx = dy wᵀ as a product. Shapes as in reference/dense_backward_input.ts. */
export function inputProduct(
  dy: Numbers,
  w: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
  dyRadii?: Radii,
): Product {
  return {
    a: { values: dy, radii: dyRadii, outer: outputs, inner: 1 },
    b: { values: w, outer: outputs, inner: 1 },
    rows,
    columns: inputs,
    length: outputs,
  };
}

/** dw = xᵀ dy as a product. Shapes as in reference/dense_backward_weights.ts. */
export function weightsProduct(
  x: Numbers,
  dy: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
  xRadii?: Radii,
  dyRadii?: Radii,
): Product {
  return {
    a: { values: x, radii: xRadii, outer: 1, inner: inputs },
    b: { values: dy, radii: dyRadii, outer: 1, inner: outputs },
    rows: inputs,
    columns: outputs,
    length: rows,
  };
}

/** db as a product of dy with ones, which is exact: one rounding more than the sum has. */
export function biasProduct(dy: Numbers, rows: number, outputs: number, dyRadii?: Radii): Product {
  return {
    a: { values: new Float64Array(rows).fill(1), outer: 0, inner: 1 },
    b: { values: dy, radii: dyRadii, outer: 1, inner: outputs },
    rows: 1,
    columns: outputs,
    length: rows,
  };
}

/** Bound of dense_forward, [rows, outputs]; `xRadius` if x is itself a rounded result. */
export function denseForwardBound(
  x: Numbers,
  w: Numbers,
  b: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
  xRadius?: Numbers,
): Float64Array {
  return worstCase(forwardProduct(x, w, b, rows, inputs, outputs, certainRadii(xRadius)));
}

/** Bound of dense_backward_input, [rows, inputs]. */
export function denseBackwardInputBound(
  dy: Numbers,
  w: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
  dyRadius?: Numbers,
): Float64Array {
  return worstCase(inputProduct(dy, w, rows, inputs, outputs, certainRadii(dyRadius)));
}

/** Bound of dense_backward_weights, [inputs, outputs]. */
export function denseBackwardWeightsBound(
  x: Numbers,
  dy: Numbers,
  rows: number,
  inputs: number,
  outputs: number,
  xRadius?: Numbers,
  dyRadius?: Numbers,
): Float64Array {
  return worstCase(
    weightsProduct(x, dy, rows, inputs, outputs, certainRadii(xRadius), certainRadii(dyRadius)),
  );
}

/** Bound of dense_backward_bias, [outputs]. */
export function denseBackwardBiasBound(
  dy: Numbers,
  rows: number,
  outputs: number,
  dyRadius?: Numbers,
): Float64Array {
  return worstCase(biasProduct(dy, rows, outputs, certainRadii(dyRadius)));
}

function worstCase(product: Product): Float64Array {
  return productRadii(product, 'certain').certain;
}

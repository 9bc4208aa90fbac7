/**
 * Arithmetic on numbers with an error: a ball is every number within `r` of `x`. The result of an operation
 * holds whatever an adapter may make of any members of its operands, by the accuracy that WGSL demands of f32
 * (W3C WGSL, "Floating point accuracy"), with or without fused multiply-adds and with or without denormal
 * numbers.
 *
 * Units: u = 2^-24 is the error of one correct rounding; one ULP is at most 2u.
 */
export interface Ball {
  readonly x: number;
  readonly r: number;
}

const u = 2 ** -24;
/** The smallest normal f32: a device may flush anything smaller to 0. */
const tiny = 2 ** -126;

export function exact(x: number): Ball {
  return { x, r: 0 };
}

/** A constant that the host works out in f64 and rounds to f32. */
export function constant(x: number): Ball {
  return rounded(x, 0, u);
}

/** The ball after a rounding of this relative error. */
function rounded(x: number, r: number, error: number): Ball {
  return { x, r: r + error * (Math.abs(x) + r) + tiny };
}

export function add(a: Ball, b: Ball): Ball {
  return rounded(a.x + b.x, a.r + b.r, u);
}

export function subtract(a: Ball, b: Ball): Ball {
  return add(a, { x: -b.x, r: b.r });
}

export function multiply(a: Ball, b: Ball): Ball {
  return rounded(a.x * b.x, spread(a, b), u);
}

/** 2.5 ULP. A divisor that may be 0 gives an infinite radius. */
export function divide(a: Ball, b: Ball): Ball {
  const least = Math.abs(b.x) - b.r;
  if (least <= 0) return { x: a.x / b.x, r: Infinity };
  const quotient = a.x / b.x;
  return rounded(quotient, (a.r + Math.abs(quotient) * b.r) / least, 5 * u);
}

/** As accurate as 1 / inverseSqrt(x): 2 ULP, then a division. */
export function squareRoot(a: Ball): Ball {
  const x = Math.sqrt(a.x);
  const low = x - Math.sqrt(Math.max(0, a.x - a.r));
  const high = Math.sqrt(a.x + a.r) - x;
  return rounded(x, Math.max(low, high), 10 * u);
}

/** 3 + 2|x| ULP. */
export function exponential(a: Ball): Ball {
  const x = Math.exp(a.x);
  return rounded(x, x * Math.expm1(a.r), 2 * u * (3 + 2 * (Math.abs(a.x) + a.r)));
}

/** 2^-21 inside [0.5, 2], otherwise 3 ULP; here both. */
export function logarithm(a: Ball): Ball {
  const { x, r } = rounded(Math.log(a.x), -Math.log1p(-a.r / a.x), 6 * u);
  return { x, r: r + 2 ** -21 };
}

/**
 * A sum of products in any order: each term passes a multiplication and at most n additions, so γ = (n + 1)u
 * / (1 - (n + 1)u) of the sum of magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.,
 * section 3.1).
 */
export function sumOfProducts(pairs: readonly (readonly [Ball, Ball])[], addend: Ball = exact(0)): Ball {
  const roundings = pairs.length + 1;
  const gamma = (roundings * u) / (1 - roundings * u);
  let { x, r } = addend;
  let magnitude = Math.abs(x) + r;
  for (const [a, b] of pairs) {
    x += a.x * b.x;
    r += spread(a, b);
    magnitude += (Math.abs(a.x) + a.r) * (Math.abs(b.x) + b.r);
  }
  return { x, r: r + gamma * magnitude + 2 * roundings * tiny };
}

/** How far a product of members lies from the product of the centres. */
function spread(a: Ball, b: Ball): number {
  return Math.abs(a.x) * b.r + Math.abs(b.x) * a.r + a.r * b.r;
}

/** min(x, 1). */
export function atMostOne(a: Ball): Ball {
  return a.x - a.r >= 1 ? exact(1) : { x: Math.min(a.x, 1), r: a.r };
}

/** max(x, 0). */
export function rectify(a: Ball): Ball {
  return a.x + a.r <= 0 ? exact(0) : { x: Math.max(a.x, 0), r: a.r };
}

/** dy where the ReLU's input is positive; where its sign is in doubt, either dy or 0. */
export function gate(dy: Ball, input: Ball): Ball {
  if (input.x > input.r) return dy;
  return input.x + input.r <= 0 ? exact(0) : { x: dy.x, r: Math.abs(dy.x) + dy.r };
}

/** A matrix of balls, row-major. */
export interface Expected {
  readonly rows: number;
  readonly columns: number;
  readonly balls: readonly Ball[];
}

export function matrix(rows: number, columns: number, ball: (row: number, column: number) => Ball): Expected {
  const balls = Array.from({ length: rows * columns }, (_, i) => ball(Math.floor(i / columns), i % columns));
  return { rows, columns, balls };
}

/** One row of whole numbers, which are exact. */
export function integers(values: readonly number[]): Expected {
  return { rows: 1, columns: values.length, balls: values.map(exact) };
}

export function map(a: Expected, f: (ball: Ball) => Ball): Expected {
  return { ...a, balls: a.balls.map(f) };
}

function at(a: Expected, row: number, column: number): Ball {
  return a.balls[row * a.columns + column]!;
}

/** 0, 1, ..., length - 1. */
export const upTo = (length: number): readonly number[] => Array.from({ length }, (_, i) => i);

/** x w + b. x [rows, in], w [in, out], b [1, out] -> [rows, out]. */
export function dense(x: Expected, w: Expected, b: Expected): Expected {
  return matrix(x.rows, w.columns, (row, j) =>
    sumOfProducts(
      upTo(w.rows).map((k) => [at(x, row, k), at(w, k, j)]),
      b.balls[j],
    ),
  );
}

/** xᵀ dy: [in, out]. */
export function weightGradient(x: Expected, dy: Expected): Expected {
  return matrix(x.columns, dy.columns, (i, j) =>
    sumOfProducts(upTo(x.rows).map((row) => [at(x, row, i), at(dy, row, j)])),
  );
}

/** Column sums of dy: [1, out]. */
export function biasGradient(dy: Expected): Expected {
  return matrix(1, dy.columns, (_, j) =>
    sumOfProducts(upTo(dy.rows).map((row) => [at(dy, row, j), exact(1)])),
  );
}

/** dy wᵀ: [rows, in]. */
export function inputGradient(dy: Expected, w: Expected): Expected {
  return matrix(dy.rows, w.rows, (row, k) =>
    sumOfProducts(upTo(w.columns).map((j) => [at(dy, row, j), at(w, k, j)])),
  );
}

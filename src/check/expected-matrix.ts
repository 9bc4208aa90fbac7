/** Matrices of balls, and the products of a dense layer and of its gradients. */
import { exact, sumOfProducts, type Ball } from './ball.js';

/** A matrix of balls, row-major. */
export interface Expected {
  readonly rows: number;
  readonly columns: number;
  readonly balls: readonly Ball[];
}

/** A matrix by its elements. */
export function matrix(rows: number, columns: number, ball: (row: number, column: number) => Ball): Expected {
  const balls = Array.from({ length: rows * columns }, (_, i) => ball(Math.floor(i / columns), i % columns));
  return { rows, columns, balls };
}

/** One row of whole numbers, which are exact. */
export function integers(values: readonly number[]): Expected {
  return { rows: 1, columns: values.length, balls: values.map(exact) };
}

/** The same shape, element by element. */
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

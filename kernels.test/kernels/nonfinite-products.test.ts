/**
 * Where NaN and infinities get to in a product: into the rows and columns that they touch, and nowhere else.
 * WGSL lets a device assume that there are none; but the engine finds a training that diverges by parameters
 * that are not finite, so it relies on what is tested here.
 */
import { describe, it } from 'vitest';
import { productVariants } from '../../src/kernels/index.js';
import { uniform } from '../arrays.js';
import { denseBackwardInputBound, denseBackwardWeightsBound, denseForwardBound } from '../bounds.js';
import { expectWithin } from '../compare.js';
import { type KernelRun, runKernel } from '../gpu-harness.js';
import { denseBackwardInput } from '../reference/dense_backward_input.js';
import { denseBackwardWeights } from '../reference/dense_backward_weights.js';
import { denseForward } from '../reference/dense_forward.js';
import { type Expected, matrix, traitsFor, useGpu, vector } from './support.js';

const [rows, inputs, outputs] = [9, 21, 35];

type Place = readonly [row: number, column: number, value: number];

/** A [rows, columns] matrix of random values, but for these places. */
function spoilt(sides: readonly [number, number], seed: number, places: readonly Place[]): Float32Array {
  const [height, width] = sides;
  const values = uniform(height * width, seed);
  for (const [row, column, value] of places) values[row * width + column] = value;
  return values;
}

const x = spoilt([rows, inputs], 1, [
  [2, 3, Number.NaN],
  [4, 0, Infinity],
  [7, 1, Infinity],
  [7, 20, -Infinity],
]);
const w = spoilt([inputs, outputs], 2, [
  [20, 5, Number.NaN],
  [0, 30, -Infinity],
]);
const b = spoilt([1, outputs], 3, [[0, 33, Infinity]]);
const dy = spoilt([rows, outputs], 4, [
  [0, 34, Number.NaN],
  [8, 16, Infinity],
]);

const operands = {
  x: matrix('reads', rows, inputs, [x]),
  w: matrix('reads', inputs, outputs, [w]),
  b: vector('reads', outputs, [b]),
  dy: matrix('reads', rows, outputs, [dy]),
};

interface ProductCase {
  readonly output: string;
  readonly run: KernelRun;
  readonly expected: Expected;
}

const cases: readonly ProductCase[] = [
  {
    output: 'y',
    run: {
      kernel: 'dense_forward',
      tensors: { x: operands.x, w: operands.w, b: operands.b, y: matrix('writes', rows, outputs) },
    },
    expected: {
      values: denseForward(x, w, b, rows, inputs, outputs),
      bound: denseForwardBound(x, w, b, rows, inputs, outputs),
    },
  },
  {
    output: 'dx',
    run: {
      kernel: 'dense_backward_input',
      tensors: { dy: operands.dy, w: operands.w, dx: matrix('writes', rows, inputs) },
    },
    expected: {
      values: denseBackwardInput(dy, w, rows, inputs, outputs),
      bound: denseBackwardInputBound(dy, w, rows, inputs, outputs),
    },
  },
  {
    output: 'dw',
    run: {
      kernel: 'dense_backward_weights',
      tensors: { x: operands.x, dy: operands.dy, dw: matrix('writes', inputs, outputs) },
    },
    expected: {
      values: denseBackwardWeights(x, dy, rows, inputs, outputs),
      bound: denseBackwardWeightsBound(x, dy, rows, inputs, outputs),
    },
  },
];

describe.each(productVariants)('NaN and infinities in variant %s', (variant) => {
  const gpu = useGpu();

  it.for(cases)(
    'reach what the reference says in $run.kernel',
    async ({ output, run, expected }, context) => {
      const traits = traitsFor(gpu(), variant, context);
      const actual = (await runKernel(gpu(), { ...run, traits })).f32(output);
      // The reference must be matched in kind where it is not finite.
      const { values } = expected;
      const bound = expected.bound.map((limit, i) => (Number.isFinite(values[i]) ? limit : 0));
      expectWithin(actual, values, bound, output);
    },
  );
});

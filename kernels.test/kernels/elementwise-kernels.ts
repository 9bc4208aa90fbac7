/**
 * The kernels on shaders/lib/elementwise.wgsl: one entry is all that the suite of elementwise kernels
 * (elementwise.test.ts) and the search for planted faults need of a kernel.
 */
import { uniform } from '../arrays.js';
import { adamwCase, type AdamwOperands, differentRates, randomOperands } from './cases/adamw.js';
import { differentTrials, drawnAtThreshold, dropoutCase } from './cases/dropout.js';
import { reluBackwardCase, reluForwardCase } from './cases/relu.js';
import { differentSgd, randomSgdOperands, sgdCase } from './cases/sgd.js';
import type { ElementwiseShape } from './elementwise-suite.js';
import type { KernelCase } from './kernel-case.js';
import { perTrial } from './support.js';

/** A text of a shader and what it is replaced by; see faults.ts. */
export type FaultText = readonly [what: string, text: string, instead: string];

export interface ElementwiseKernel {
  /** A call on tensors of this shape, and what must come of it. */
  readonly build: (shape: ElementwiseShape, trials: number) => KernelCase;
  /** Further calls that find faults which `build` does not. */
  readonly more?: readonly (() => KernelCase)[];
  /** To plant into the kernel's own file. */
  readonly faults: readonly FaultText[];
}

/** One array per trial, of as many values as the shape has. */
const random = ({ rows, columns }: ElementwiseShape, trials: number, seed = 0): Float32Array[] =>
  perTrial(trials, (trial) => uniform(rows * columns, trial + seed, -2, 2));

const dropout = (direction: 'forward' | 'backward', faults: readonly FaultText[]): ElementwiseKernel => ({
  build: (shape, trials) => dropoutCase(direction, shape, random(shape, trials), differentTrials(trials)),
  more: [
    () => {
      const shape = { rows: 1, columns: 4096, vector: true };
      return dropoutCase(direction, shape, random(shape, 1), drawnAtThreshold(7, 3, 1));
    },
  ],
  faults,
});

/** Half of the elements have had no gradient yet: there ε, and where it stands, is all of the denominator. */
function sparse(length: number, seed: number): AdamwOperands {
  const operands = randomOperands(length, seed);
  const empty = new Float32Array(length);
  const g = operands.g.map((value, i) => (i % 2 === 0 ? value : 1e-7 * value));
  return { ...operands, g, m: empty, v: empty };
}

const updates = (
  make: (length: number, seed: number) => AdamwOperands,
  {
    shape,
    trials,
    number,
  }: { readonly shape: ElementwiseShape; readonly trials: number; readonly number: number },
): KernelCase => {
  const length = shape.rows * shape.columns;
  const operands = Array.from({ length: trials }, (_, trial) => make(length, 10 * trial));
  return adamwCase(shape, operands, { number, slots: differentRates.slice(0, trials) });
};

/** By the names of the kernels. */
export const elementwiseKernels: Readonly<Record<string, ElementwiseKernel>> = {
  relu_forward: {
    build: (shape, trials) => reluForwardCase(shape, random(shape, trials)),
    faults: [['no threshold', 'max(x[place], vec4f())', 'x[place]']],
  },
  relu_backward: {
    build: (shape, trials) => {
      // About half of it 0, as ReLU leaves it.
      const y = random(shape, trials, 1).map((each) => each.map((value) => Math.max(value, 0)));
      return reluBackwardCase(shape, y, random(shape, trials, 2));
    },
    faults: [['a gradient at 0', 'y[place] > vec4f()', 'y[place] >= vec4f()']],
  },
  dropout_forward: dropout('forward', [['no mask', 'dropout(x[place], i, params.layer)', 'x[place]']]),
  dropout_backward: dropout('backward', [
    ['the mask of another place', 'dy[place], i,', 'dy[place], place,'],
  ]),
  adamw: {
    build: (shape, trials) => updates(randomOperands, { shape, trials, number: 4 }),
    more: [() => updates(sparse, { shape: { rows: 21, columns: 51, vector: false }, trials: 3, number: 0 })],
    faults: [['the gradient of another place', 'g[place]', 'g[i]']],
  },
  sgd: {
    build: ({ rows, columns, vector }, trials) => {
      const operands = Array.from({ length: trials }, (_, t) => randomSgdOperands(rows * columns, 10 * t));
      return sgdCase({ rows, columns, vector }, operands, differentSgd.slice(0, trials));
    },
    faults: [['the gradient of another place', 'g[place]', 'g[i]']],
  },
};

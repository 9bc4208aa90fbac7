import type { AdapterTraits } from '../gpu/index.js';
import { attribute, operand, requireShape } from './guard.js';
import { elements, padded, type Configuration, type Kernel, type KernelCall, type Matrix } from './kernel.js';
import { productTile, productVariant } from './rules.js';

/** Operations per parameter of one AdamW update, counting a square root and a division as one each. */
export const adamwFlops = 16;

const bytesOf = (...matrices: readonly Matrix[]): number =>
  4 * matrices.reduce((sum, m) => sum + elements(m), 0);

/** Variant and grid of C[rows, columns] = A B over `inner`. */
function product(
  rows: number,
  columns: number,
  traits: AdapterTraits,
): Pick<Configuration, 'variant' | 'grid'> {
  const grid = [Math.ceil(padded(columns) / productTile), Math.ceil(padded(rows) / productTile)] as const;
  return { variant: productVariant(traits), grid };
}

export const denseForward: Kernel = {
  name: 'dense_forward',
  configure(call, traits) {
    const [x, w, b, y] = ['x', 'w', 'b', 'y'].map((name) => operand('dense_forward', call, name)) as Four;
    requireShape('dense_forward', 'w', w, { rows: x.columns, columns: y.columns });
    requireShape('dense_forward', 'b', b, { rows: 1, columns: y.columns });
    requireShape('dense_forward', 'y', y, { rows: x.rows, columns: w.columns });
    return {
      ...product(y.rows, y.columns, traits),
      constants: { RELU: call.attributes.relu ?? 0, DROPOUT: call.attributes.dropout ?? 0 },
      params: {
        rows: padded(y.rows),
        inner4: padded(x.columns) / 4,
        columns4: padded(y.columns) / 4,
        w_stride: w.trialStride / 4,
        b_stride: b.trialStride / 4,
        layer: call.attributes.layer ?? 0,
      },
      flops: 2 * y.rows * x.columns * y.columns,
      bytes: bytesOf(x, w, b, y),
    };
  },
};

function backwardInput(name: string, input: string, call: KernelCall, traits: AdapterTraits): Configuration {
  const dy = operand(name, call, 'dy');
  const w = operand(name, call, 'w');
  const dx = operand(name, call, input);
  requireShape(name, 'w', w, { rows: dx.columns, columns: dy.columns });
  requireShape(name, input, dx, { rows: dy.rows, columns: w.rows });
  return {
    ...product(dx.rows, dx.columns, traits),
    constants: {},
    params: {
      rows: padded(dx.rows),
      inner4: padded(dy.columns) / 4,
      columns4: padded(dx.columns) / 4,
      w_stride: w.trialStride / 4,
    },
    flops: 2 * dx.rows * dx.columns * dy.columns,
    bytes: bytesOf(dy, w, dx),
  };
}

export const denseBackwardInput: Kernel = {
  name: 'dense_backward_input',
  configure: (call, traits) => backwardInput('dense_backward_input', 'dx', call, traits),
};

export const denseBackwardInputActivation: Kernel = {
  name: 'dense_backward_input_activation',
  configure(call, traits) {
    const configuration = backwardInput(this.name, 'dz', call, traits);
    const a = operand(this.name, call, 'a');
    requireShape(this.name, 'a', a, operand(this.name, call, 'dz'));
    return {
      ...configuration,
      constants: { DROPOUT: attribute(this.name, call, 'dropout') },
      bytes: configuration.bytes + bytesOf(a),
    };
  },
};

function backwardWeights(
  name: string,
  weights: string,
  call: KernelCall,
  traits: AdapterTraits,
): Configuration {
  const x = operand(name, call, 'x');
  const dy = operand(name, call, 'dy');
  const dw = operand(name, call, weights);
  requireShape(name, 'dy', dy, { rows: x.rows, columns: dw.columns });
  requireShape(name, weights, dw, { rows: x.columns, columns: dy.columns });
  return {
    ...product(dw.rows, dw.columns, traits),
    constants: {},
    params: {
      rows: padded(dw.rows),
      inner4: padded(x.rows) / 4,
      columns4: padded(dw.columns) / 4,
      w_stride: dw.trialStride / 4,
    },
    flops: 2 * x.rows * dw.rows * dw.columns,
    bytes: bytesOf(x, dy, dw),
  };
}

export const denseBackwardWeights: Kernel = {
  name: 'dense_backward_weights',
  configure: (call, traits) => backwardWeights('dense_backward_weights', 'dw', call, traits),
};

export const denseBackwardWeightsAdamw: Kernel = {
  name: 'dense_backward_weights_adamw',
  configure(call, traits) {
    const configuration = backwardWeights(this.name, 'w', call, traits);
    const w = operand(this.name, call, 'w');
    requireMoments(this.name, call);
    return {
      ...configuration,
      flops: configuration.flops + adamwFlops * w.rows * w.columns,
      // w is read and written, and so are both moments.
      bytes: configuration.bytes + 5 * bytesOf(w),
    };
  },
};

function backwardBias(name: string, bias: string, call: KernelCall): Configuration {
  const dy = operand(name, call, 'dy');
  const db = operand(name, call, bias);
  requireShape(name, bias, db, { rows: 1, columns: dy.columns });
  const columns4 = padded(dy.columns) / 4;
  return {
    variant: null,
    constants: {},
    params: { rows: padded(dy.rows), columns4, b_stride: db.trialStride / 4 },
    grid: [Math.ceil(columns4 / 8), 1],
    flops: dy.rows * dy.columns,
    bytes: bytesOf(dy, db),
  };
}

export const denseBackwardBias: Kernel = {
  name: 'dense_backward_bias',
  configure: (call) => backwardBias('dense_backward_bias', 'db', call),
};

export const denseBackwardBiasAdamw: Kernel = {
  name: 'dense_backward_bias_adamw',
  configure(call) {
    const configuration = backwardBias(this.name, 'w', call);
    const b = operand(this.name, call, 'w');
    requireMoments(this.name, call);
    return {
      ...configuration,
      flops: configuration.flops + adamwFlops * b.columns,
      bytes: configuration.bytes + 5 * bytesOf(b),
    };
  },
};

/** Parameters and moments lie in arenas of one layout, so that one offset finds all three. */
function requireMoments(name: string, call: KernelCall): void {
  const w = operand(name, call, 'w');
  for (const moment of ['m', 'v']) requireShape(name, moment, operand(name, call, moment), w);
}

type Four = [Operands, Operands, Operands, Operands];
type Operands = ReturnType<typeof operand>;

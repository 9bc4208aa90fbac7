import type { AdapterTraits } from '../gpu/index.js';
import { attribute, operand, requireShape } from './guard.js';
import { padded, type Configuration, type Kernel, type KernelCall } from './kernel.js';
import { bytesOf, imageBatch, product, tensorBatch, type Batch } from './product.js';

/** Operations per parameter of one AdamW update, counting a square root and a division as one each. */
export const adamwFlops = 16;

function backwardInput(name: string, input: string, call: KernelCall, traits: AdapterTraits): Configuration {
  const dy = operand(name, call, 'dy');
  const w = operand(name, call, 'w');
  const dx = operand(name, call, input);
  requireShape(name, 'w', w, { rows: dx.columns, columns: dy.columns });
  requireShape(name, input, dx, { rows: dy.rows, columns: w.rows });
  return {
    ...product({ kernel: name, rows: dx.rows, columns: dx.columns, inner: dy.columns }, traits),
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
  product: 'every-variant',
  configure: (call, traits) => backwardInput('dense_backward_input', 'dx', call, traits),
};

export const denseBackwardInputActivation: Kernel = {
  name: 'dense_backward_input_activation',
  product: 'every-variant',
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

export const denseBackwardWeights: Kernel = {
  name: 'dense_backward_weights',
  product: 'every-variant',
  configure(call, traits) {
    const x = operand(this.name, call, 'x');
    const dy = operand(this.name, call, 'dy');
    const dw = operand(this.name, call, 'dw');
    requireShape(this.name, 'dy', dy, { rows: x.rows, columns: dw.columns });
    requireShape(this.name, 'dw', dw, { rows: x.columns, columns: dy.columns });
    return {
      ...product({ kernel: this.name, rows: dw.rows, columns: dw.columns, inner: x.rows }, traits),
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
  },
};

export const denseBackwardBias: Kernel = {
  name: 'dense_backward_bias',
  configure(call) {
    const dy = operand(this.name, call, 'dy');
    const db = operand(this.name, call, 'db');
    requireShape(this.name, 'db', db, { rows: 1, columns: dy.columns });
    const columns4 = padded(dy.columns) / 4;
    return {
      variant: null,
      constants: {},
      params: { rows: padded(dy.rows), columns4, b_stride: db.trialStride / 4 },
      grid: [Math.ceil(columns4 / 8), 1],
      flops: dy.rows * dy.columns,
      bytes: bytesOf(dy, db),
    };
  },
};

/**
 * Weights and bias of one layer at once. The layer lies in its arena as one vector: `g`, or `w`, `m` and `v` when it is
 * updated in place; the attribute `bias` is where in it the bias begins.
 */
function backwardParameters(
  name: string,
  layer: string,
  batch: (kernel: string, call: KernelCall) => Batch,
): Kernel {
  const updates = layer === 'w';
  return {
    name,
    product: 'every-variant',
    configure(call, traits) {
      const x = batch(name, call);
      const dy = operand(name, call, 'dy');
      requireShape(name, 'dy', dy, { rows: x.shape.rows, columns: dy.columns });
      const bias = attribute(name, call, 'bias');
      const target = operand(name, call, layer);
      requireShape(name, layer, target, { rows: 1, columns: bias + padded(dy.columns) });
      for (const moment of updates ? ['m', 'v'] : [])
        requireShape(name, moment, operand(name, call, moment), target);
      const count = (x.shape.columns + 1) * dy.columns;
      return {
        ...product({ kernel: name, rows: x.shape.columns, columns: dy.columns, inner: x.shape.rows }, traits),
        constants: {},
        params: {
          rows: padded(x.shape.columns),
          inner4: padded(x.shape.rows) / 4,
          columns4: padded(dy.columns) / 4,
          bias4: bias / 4,
          stride: target.trialStride / 4,
          ...x.params,
        },
        flops: (2 * x.shape.rows + (updates ? adamwFlops : 0)) * count,
        // Parameters and moments are read and written; a gradient is written.
        bytes: x.bytes + bytesOf(dy) + (updates ? 6 : 1) * bytesOf(target),
      };
    },
  };
}

export const denseBackwardParameters = backwardParameters('dense_backward_parameters', 'g', tensorBatch);
export const denseBackwardParametersImages = backwardParameters(
  'dense_backward_parameters_images',
  'g',
  imageBatch,
);
export const denseBackwardParametersAdamw = backwardParameters(
  'dense_backward_parameters_adamw',
  'w',
  tensorBatch,
);
export const denseBackwardParametersImagesAdamw = backwardParameters(
  'dense_backward_parameters_images_adamw',
  'w',
  imageBatch,
);

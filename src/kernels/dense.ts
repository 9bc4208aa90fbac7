/** The kernels of a dense layer: y = x w + b, its gradients, and what is fused with them. */
import { softmaxFlops } from './batch.js';
import { adamwFlops, sgdFlops } from './elementwise.js';
import { padded, type KernelRecord } from './kernel.js';
import { bytesOf, imageBatch, product, tensorBatch } from './product.js';
import { productTile } from './rules.js';

/** y = f(x w + b), in one kernel with the activation that follows it. */
function forward(batch: typeof tensorBatch): KernelRecord {
  return {
    product: 'every-variant',
    configure(call, traits) {
      const x = batch(call);
      const { columns } = call.operand('y');
      const w = call.operand('w', { rows: x.columns, columns });
      const b = call.operand('b', { rows: 1, columns });
      const y = call.operand('y', { rows: x.rows, columns });
      const { params, ...rest } = product(call, traits, { ...y, inner: x.columns, a: x, b: w, c: y });
      return {
        ...rest,
        constants: { RELU: call.optional('relu'), DROPOUT: call.optional('dropout') },
        params: { ...params, bias_stride: b.trialStride / 4, layer: call.optional('layer') },
        bytes: x.bytes + bytesOf(w, b, y),
      };
    },
  };
}

/** The last layer with the loss, its gradient and the metrics. */
const softmaxCrossEntropy: KernelRecord = {
  product: 'low-tiles',
  configure(call, traits) {
    const x = tensorBatch(call);
    const { columns } = call.operand('dz');
    const w = call.operand('w', { rows: x.columns, columns });
    const b = call.operand('b', { rows: 1, columns });
    // A tile holds whole rows, as it is wide enough.
    const dz = call.operand('dz', { rows: x.rows, columns: Math.min(columns, productTile) });
    call.operand('predicted', { rows: 1, columns: x.rows });
    const { params, flops, ...rest } = product(call, traits, {
      ...dz,
      inner: x.columns,
      a: x,
      b: w,
      c: dz,
      lowTiles: true,
    });
    return {
      ...rest,
      constants: { SMOOTHING: call.optional('smoothing') },
      params: {
        ...params,
        bias_stride: b.trialStride / 4,
        classes: columns,
        indices_stride: call.operand('indices').trialStride,
        tiles: call.attribute('tiles'),
        metrics_stride: call.operand('metrics').trialStride / 2,
      },
      flops: flops + softmaxFlops * dz.rows * columns,
      bytes: x.bytes + bytesOf(w, b, dz) + 12 * x.rows,
    };
  },
};

/** dx = dy w^T. @param input what the gradient of the layer's input is called */
function backwardInput(input: string): KernelRecord {
  return {
    product: 'every-variant',
    configure(call, traits) {
      const dy = call.operand('dy');
      const { columns } = call.operand(input);
      const w = call.operand('w', { rows: columns, columns: dy.columns });
      const dx = call.operand(input, { rows: dy.rows, columns });
      const a = { stride: dy.trialStride / 4 };
      const { params, ...rest } = product(call, traits, { ...dx, inner: dy.columns, a, b: w, c: dx });
      return { ...rest, params: { ...params, layer: call.optional('layer') }, bytes: bytesOf(dy, w, dx) };
    },
  };
}

/** The same, with the backward pass of the activation `a` that made the layer's input. */
function backwardInputActivation(): KernelRecord {
  const backward = backwardInput('dz');
  return {
    ...backward,
    configure(call, traits) {
      const configuration = backward.configure(call, traits);
      const a = call.operand('a', call.operand('dz'));
      return {
        ...configuration,
        constants: { DROPOUT: call.attribute('dropout') },
        bytes: configuration.bytes + bytesOf(a),
      };
    },
  };
}

/** dw = x^T dy. */
const backwardWeights: KernelRecord = {
  product: 'every-variant',
  configure(call, traits) {
    const x = tensorBatch(call);
    const { columns } = call.operand('dw');
    const dy = call.operand('dy', { rows: x.rows, columns });
    const dw = call.operand('dw', { rows: x.columns, columns });
    const shape = product(call, traits, { ...dw, inner: x.rows, a: x, b: dy, c: dw, bands: true });
    return { ...shape, bytes: x.bytes + bytesOf(dy, dw) };
  },
};

/** db = the column sums of dy. */
const backwardBias: KernelRecord = {
  configure(call) {
    const dy = call.operand('dy');
    const db = call.operand('db', { rows: 1, columns: dy.columns });
    const columns4 = padded(dy.columns) / 4;
    return {
      params: { rows: padded(dy.rows), columns4, b_stride: db.trialStride / 4 },
      grid: [Math.ceil(columns4 / 8), 1],
      flops: dy.rows * dy.columns,
      bytes: bytesOf(dy, db),
    };
  },
};

/** What a kernel does with the gradient of a layer. */
export interface Use {
  /** The layer's vectors in their arenas: its gradient, or what is updated in place. */
  readonly vectors: readonly [string, ...string[]];
  /** Operations per parameter. */
  readonly flops: number;
  /** How often a vector is read or written. */
  readonly passes: number;
}

const kept: Use = { vectors: ['g'], flops: 0, passes: 1 };
export const adamw: Use = { vectors: ['w', 'm', 'v'], flops: adamwFlops, passes: 6 };
export const sgd: Use = { vectors: ['w', 'm'], flops: sgdFlops, passes: 4 };

/**
 * Weights and bias of one layer at once. The layer lies in each arena as one vector; the attribute `bias` is
 * where in it the bias begins.
 */
function backwardParameters({ vectors, ...use }: Use, batch: typeof tensorBatch): KernelRecord {
  return {
    product: 'every-variant',
    configure(call, traits) {
      const x = batch(call);
      const { columns } = call.operand('dy');
      const dy = call.operand('dy', { rows: x.rows, columns });
      const bias = call.attribute('bias');
      const layer = { rows: 1, columns: bias + padded(columns) };
      const [target] = vectors.map((name) => call.operand(name, layer));
      const sides = { rows: x.columns, columns, inner: x.rows };
      const { params, ...rest } = product(call, traits, { ...sides, a: x, b: dy, c: target!, bands: true });
      const count = (x.columns + 1) * columns;
      return {
        ...rest,
        params: { ...params, bias4: bias / 4 },
        flops: (2 * x.rows + use.flops) * count,
        bytes: x.bytes + bytesOf(dy) + use.passes * bytesOf(target!),
      };
    },
  };
}

export const denseKernels = {
  dense_forward: forward(tensorBatch),
  dense_forward_images: forward(imageBatch),
  dense_softmax_cross_entropy: softmaxCrossEntropy,
  dense_backward_input: backwardInput('dx'),
  dense_backward_input_activation: backwardInputActivation(),
  dense_backward_weights: backwardWeights,
  dense_backward_bias: backwardBias,
  dense_backward_parameters: backwardParameters(kept, tensorBatch),
  dense_backward_parameters_images: backwardParameters(kept, imageBatch),
  dense_backward_parameters_adamw: backwardParameters(adamw, tensorBatch),
  dense_backward_parameters_images_adamw: backwardParameters(adamw, imageBatch),
  dense_backward_parameters_sgd: backwardParameters(sgd, tensorBatch),
  dense_backward_parameters_images_sgd: backwardParameters(sgd, imageBatch),
};

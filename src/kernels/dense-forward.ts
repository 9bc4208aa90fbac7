import type { AdapterTraits } from '../gpu/index.js';
import { attribute, operand, requireShape } from './guard.js';
import { padded, type Configuration, type Kernel, type KernelCall } from './kernel.js';
import { bytesOf, imageBatch, product, tensorBatch, weights, type Batch } from './product.js';
import { productTile } from './rules.js';

function forward(name: string, call: KernelCall, x: Batch, traits: AdapterTraits): Configuration {
  const y = operand(name, call, 'y');
  const { w, b } = weights(name, call, x.shape.columns, y.columns);
  requireShape(name, 'y', y, { rows: x.shape.rows, columns: w.columns });
  return {
    ...product({ kernel: name, rows: y.rows, columns: y.columns, inner: x.shape.columns }, traits),
    constants: { RELU: call.attributes.relu ?? 0, DROPOUT: call.attributes.dropout ?? 0 },
    params: {
      rows: padded(y.rows),
      inner4: padded(x.shape.columns) / 4,
      columns4: padded(y.columns) / 4,
      w_stride: w.trialStride / 4,
      b_stride: b.trialStride / 4,
      layer: call.attributes.layer ?? 0,
      ...x.params,
    },
    flops: 2 * y.rows * x.shape.columns * y.columns,
    bytes: x.bytes + bytesOf(w, b, y),
  };
}

export const denseForward: Kernel = {
  name: 'dense_forward',
  product: 'every-variant',
  configure: (call, traits) => forward('dense_forward', call, tensorBatch('dense_forward', call), traits),
};

export const denseForwardImages: Kernel = {
  name: 'dense_forward_images',
  product: 'every-variant',
  configure: (call, traits) =>
    forward('dense_forward_images', call, imageBatch('dense_forward_images', call), traits),
};

/** Operations per logit of the loss: two exponentials, a maximum, two sums, a division, a difference and a product. */
export const softmaxFlops = 8;

export const denseSoftmaxCrossEntropy: Kernel = {
  name: 'dense_softmax_cross_entropy',
  product: 'whole-tiles',
  configure(call, traits) {
    const x = operand(this.name, call, 'x');
    const dz = operand(this.name, call, 'dz');
    const { w, b } = weights(this.name, call, x.columns, dz.columns);
    requireShape(this.name, 'dz', dz, { rows: x.rows, columns: w.columns });
    requireShape(this.name, 'predicted', operand(this.name, call, 'predicted'), { rows: 1, columns: x.rows });
    const { rows, columns } = dz;
    const wholeTiles = this.product === 'whole-tiles';
    const shape = product({ kernel: this.name, rows, columns, inner: x.columns }, traits, wholeTiles);
    if (shape.grid[1] !== 1) {
      requireShape(this.name, 'dz', dz, { rows: dz.rows, columns: productTile });
    }
    return {
      ...shape,
      constants: {},
      params: {
        rows: padded(x.rows),
        inner4: padded(x.columns) / 4,
        columns4: padded(dz.columns) / 4,
        w_stride: w.trialStride / 4,
        b_stride: b.trialStride / 4,
        classes: dz.columns,
        indices_stride: operand(this.name, call, 'indices').trialStride,
        tiles: attribute(this.name, call, 'tiles'),
        metrics_stride: operand(this.name, call, 'metrics').trialStride / 2,
      },
      flops: (2 * x.columns + softmaxFlops) * dz.rows * dz.columns,
      bytes: bytesOf(x, w, b, dz) + 12 * x.rows,
    };
  },
};

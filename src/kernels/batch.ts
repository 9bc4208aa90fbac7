/** Kernels that make a batch, and those that make numbers of its rows. */
import { elements, padded, type KernelRecord } from './kernel.js';
import { shaderText } from './source.js';

/** Rows of a batch whose metrics are added up on the GPU; the host adds up the tiles. */
export const metricsTile = Number(/METRICS_TILE = (\d+)u/.exec(shaderText('lib/metrics.wgsl'))![1]);

/**
 * Operations per logit of the loss: two exponentials, a maximum, two sums, a division, a difference and a
 * product.
 */
export const softmaxFlops = 8;

const gather: KernelRecord = {
  configure(call) {
    const x = call.operand('x');
    const indices = call.operand('indices');
    const images = call.operand('images');
    call.operand('y', { rows: 1, columns: x.rows });
    call.operand('images', { rows: images.rows, columns: x.columns });
    call.operand('labels', { rows: 1, columns: images.rows });
    const columns4 = padded(x.columns) / 4;
    const rows = padded(x.rows);
    const features = call.optional('features');
    return {
      constants: { FEATURES: features },
      params: { columns4, rows, indices_stride: indices.trialStride },
      grid: [Math.ceil(columns4 / 64), rows],
      flops: features === 1 ? 0 : x.rows * x.columns,
      bytes: (features === 1 ? 8 : 5) * elements(x) + 8 * rows,
    };
  },
};

const softmaxCrossEntropy: KernelRecord = {
  configure(call) {
    const z = call.operand('z');
    call.operand('dz', z);
    for (const name of ['labels', 'loss', 'predicted']) call.operand(name, { rows: 1, columns: z.rows });
    const rows = padded(z.rows);
    return {
      constants: { SMOOTHING: call.optional('smoothing') },
      params: { rows, classes: z.columns, columns4: padded(z.columns) / 4 },
      grid: [Math.ceil(rows / 8), 1],
      flops: softmaxFlops * z.rows * z.columns,
      bytes: 8 * elements(z) + 12 * rows,
    };
  },
};

const reduceMetrics: KernelRecord = {
  configure(call) {
    const loss = call.operand('loss');
    for (const name of ['predicted', 'labels']) call.operand(name, loss);
    const tiles = call.attribute('tiles');
    const rows = padded(loss.columns);
    return {
      params: { rows, tiles, stride: call.operand('metrics').trialStride / 2 },
      grid: [Math.ceil(tiles / 8), 1],
      flops: 2 * loss.columns,
      bytes: 12 * rows + 8 * tiles,
    };
  },
};

const confusion: KernelRecord = {
  configure(call) {
    const predicted = call.operand('predicted');
    const classes = call.attribute('classes');
    const matrix = call.operand('matrix', { rows: 1, columns: classes * classes });
    return {
      params: {
        rows: padded(predicted.columns),
        classes,
        stride: matrix.trialStride,
        indices_stride: call.operand('indices').trialStride,
      },
      grid: [Math.ceil(predicted.columns / 64), 1],
      flops: 0,
      bytes: 16 * predicted.columns,
    };
  },
};

export const batchKernels = {
  gather,
  softmax_cross_entropy: softmaxCrossEntropy,
  reduce_metrics: reduceMetrics,
  confusion,
};

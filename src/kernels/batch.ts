import { softmaxFlops } from './dense-forward.js';
import { attribute, operand, requireShape } from './guard.js';
import { elements, padded, type Kernel } from './kernel.js';

export const gather: Kernel = {
  name: 'gather',
  configure(call) {
    const x = operand('gather', call, 'x');
    const y = operand('gather', call, 'y');
    const indices = operand('gather', call, 'indices');
    const images = operand('gather', call, 'images');
    requireShape('gather', 'y', y, { rows: 1, columns: x.rows });
    requireShape('gather', 'images', images, { rows: images.rows, columns: x.columns });
    requireShape('gather', 'labels', operand('gather', call, 'labels'), { rows: 1, columns: images.rows });
    const columns4 = padded(x.columns) / 4;
    const rows = padded(x.rows);
    return {
      variant: null,
      constants: {},
      params: { columns4, rows, indices_stride: indices.trialStride },
      grid: [Math.ceil(columns4 / 64), rows],
      flops: x.rows * x.columns,
      bytes: 5 * elements(x) + 8 * rows,
    };
  },
};

export const softmaxCrossEntropy: Kernel = {
  name: 'softmax_cross_entropy',
  configure(call) {
    const z = operand('softmax_cross_entropy', call, 'z');
    requireShape('softmax_cross_entropy', 'dz', operand('softmax_cross_entropy', call, 'dz'), z);
    for (const name of ['labels', 'loss', 'predicted']) {
      requireShape('softmax_cross_entropy', name, operand('softmax_cross_entropy', call, name), {
        rows: 1,
        columns: z.rows,
      });
    }
    const rows = padded(z.rows);
    return {
      variant: null,
      constants: {},
      params: { rows, classes: z.columns, columns4: padded(z.columns) / 4 },
      grid: [Math.ceil(rows / 8), 1],
      flops: softmaxFlops * z.rows * z.columns,
      bytes: 8 * elements(z) + 12 * rows,
    };
  },
};

export const reduceMetrics: Kernel = {
  name: 'reduce_metrics',
  configure(call) {
    const loss = operand('reduce_metrics', call, 'loss');
    for (const name of ['predicted', 'labels']) {
      requireShape('reduce_metrics', name, operand('reduce_metrics', call, name), loss);
    }
    const metrics = operand('reduce_metrics', call, 'metrics');
    const tiles = attribute('reduce_metrics', call, 'tiles');
    return {
      variant: null,
      constants: {},
      params: { rows: padded(loss.columns), tiles, stride: metrics.trialStride / 2 },
      grid: [Math.ceil(tiles / 8), 1],
      flops: 2 * loss.columns,
      bytes: 12 * padded(loss.columns) + 8 * tiles,
    };
  },
};

export const confusion: Kernel = {
  name: 'confusion',
  configure(call) {
    const predicted = operand('confusion', call, 'predicted');
    const matrix = operand('confusion', call, 'matrix');
    const classes = attribute('confusion', call, 'classes');
    requireShape('confusion', 'matrix', matrix, { rows: 1, columns: classes * classes });
    return {
      variant: null,
      constants: {},
      params: {
        rows: padded(predicted.columns),
        classes,
        stride: matrix.trialStride,
        indices_stride: operand('confusion', call, 'indices').trialStride,
      },
      grid: [Math.ceil(predicted.columns / 64), 1],
      flops: 0,
      bytes: 16 * predicted.columns,
    };
  },
};

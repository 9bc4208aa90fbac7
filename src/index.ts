/**
 * The engine as a library: what a program needs to train a network, to run an experiment, or to run one
 * kernel.
 *
 * ```js
 * import { createDataset, createTrial, openGpu, train } from 'wgsl-train';
 *
 * const gpu = await openGpu();
 * const dataset = createDataset({ images, labels, rows: 28, columns: 28 });
 * const [result] = await train(gpu, dataset, [createTrial({ hidden: [64], epochs: 20 })]);
 * console.log(result.test.accuracy);
 * gpu.close();
 * ```
 */
export * from './anywhere.js';
export { resolveDataset } from './library/data.js';

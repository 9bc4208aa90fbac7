import { EngineError } from '../base/errors.js';
import { metricsTile, type KernelName } from '../kernels/index.js';
import { addOp, addTensor, type Graph, type Op, type Parameter, type Tensor } from './graph.js';

/** The data set on the GPU: images as bytes or f32 features, labels, and each trial's order of samples. */
export interface SampleSource {
  readonly images: Tensor;
  readonly labels: Tensor;
  readonly indices: Tensor;
}

/**
 * Declares the three data tensors.
 * @param images [samples, inputs], of bytes if they are packed, else of f32 @param length of one trial's list
 */
export function addSamples(
  graph: Graph,
  images: Parameters<typeof addTensor>[2],
  length: number,
): SampleSource {
  return {
    images: addTensor(graph, 'images', images, 'shared'),
    labels: addTensor(graph, 'labels', { rows: 1, columns: images.rows, vector: true }, 'shared'),
    indices: addTensor(graph, 'indices', { rows: 1, columns: length, vector: true }, 'persistent'),
  };
}

/** A batch out of the data set: x [rows, inputs], bytes as 0..1, and its labels [rows]. */
export function gather(graph: Graph, source: SampleSource, rows: number): { x: Tensor; y: Tensor } {
  const x = addTensor(graph, 'batch', { rows, columns: source.images.columns });
  const y = addTensor(graph, 'batch.labels', { rows: 1, columns: rows, vector: true });
  const attributes = source.images.packedBytes === true ? {} : { features: 1 };
  addOp(graph, { kernel: 'gather', name: 'gather', reads: { ...source }, writes: { x, y }, attributes });
  return { x, y };
}

/** y = x w + b. x [rows, in], w [in, out], b [out] -> [rows, out]. */
export function dense(graph: Graph, name: string, x: Tensor, w: Parameter, b: Parameter): Tensor {
  requireColumns(name, x, w.value.rows);
  const y = addTensor(graph, name, { rows: x.rows, columns: w.value.columns });
  addOp(graph, { kernel: 'dense_forward', name, reads: { x, w: w.value, b: b.value }, writes: { y } });
  return y;
}

/** y = max(x, 0). */
export function relu(graph: Graph, name: string, x: Tensor): Tensor {
  return elementwise(graph, 'relu_forward', name, x);
}

/** Inverted dropout with each trial's own p. @param layer tells the masks of several dropout layers apart */
export function dropout(graph: Graph, name: string, x: Tensor, layer: number): Tensor {
  return elementwise(graph, 'dropout_forward', name, x, { layer });
}

/** y = f(x), with a kernel that reads x and writes y of the same shape. */
function elementwise(
  graph: Graph,
  kernel: KernelName,
  name: string,
  x: Tensor,
  attributes: Op['attributes'] = {},
): Tensor {
  const y = addTensor(graph, name, x);
  addOp(graph, { kernel, name, reads: { x }, writes: { y }, attributes });
  return y;
}

/**
 * Loss and predicted class of each row, and the mean loss's gradient by z, the logits [rows, classes].
 * @param smoothing whether labels are smoothed, with each trial's own share
 */
export function softmaxCrossEntropy(graph: Graph, z: Tensor, labels: Tensor, smoothing = false): Op {
  const vector = { rows: 1, columns: z.rows, vector: true };
  return addOp(graph, {
    kernel: 'softmax_cross_entropy',
    name: 'loss',
    reads: { z, labels },
    writes: {
      dz: addTensor(graph, `gradient of ${z.name}`, z),
      loss: addTensor(graph, 'row losses', vector),
      predicted: addTensor(graph, 'predictions', vector),
    },
    attributes: smoothing ? { smoothing: 1 } : {},
  });
}

/** Records of metrics of a batch. */
export function metricsTiles(batch: number): number {
  return Math.ceil(batch / metricsTile);
}

/**
 * Loss sum and correct count of the batch, for each tile of rows, kept per step until the end of the epoch:
 * [slots, tiles] pairs.
 * @param slots steps per epoch
 */
export function reduceMetrics(graph: Graph, loss: Op, slots: number): Tensor {
  const tiles = metricsTiles(loss.reads.z!.rows);
  const shape = { rows: 1, columns: 2 * slots * tiles, vector: true };
  const metrics = addTensor(graph, 'metrics', shape, 'persistent');
  addOp(graph, {
    kernel: 'reduce_metrics',
    name: 'metrics',
    reads: { loss: loss.writes.loss!, predicted: loss.writes.predicted!, labels: loss.reads.labels! },
    writes: { metrics },
    attributes: { tiles },
  });
  return metrics;
}

/** Counts by actual and predicted class. */
export function confusion(graph: Graph, source: SampleSource, loss: Op): Tensor {
  const classes = loss.reads.z!.columns;
  const shape = { rows: 1, columns: classes * classes, vector: true };
  const matrix = addTensor(graph, 'confusion', shape, 'persistent');
  addOp(graph, {
    kernel: 'confusion',
    name: 'confusion',
    reads: { labels: source.labels, indices: source.indices, predicted: loss.writes.predicted! },
    updates: { matrix },
    attributes: { classes },
  });
  return matrix;
}

/** Flags each trial's first NaN or infinity in `x`: the number of elements from there to the end, or 0. */
export function nonfinite(graph: Graph, x: Tensor): Tensor {
  const shape = { rows: 1, columns: 1, vector: true };
  const flags = addTensor(graph, `flags of ${x.name}`, shape, 'persistent');
  addOp(graph, { kernel: 'nonfinite', name: `${x.name}.check`, reads: { x }, updates: { flags } });
  return flags;
}

function requireColumns(name: string, x: Tensor, expected: number): void {
  if (x.columns === expected) return;
  throw new EngineError('usage', `layer ${name} does not fit its input`, {
    found: `an input of ${x.columns} columns`,
    expected: `${expected}, the rows of its weights`,
  });
}

/** What a gradient rule may ask for while it adds its backward ops. */
export interface Tape {
  readonly graph: Graph;
  /** Whether anything trainable lies behind a tensor. */
  readonly needsGradient: (tensor: Tensor) => boolean;
  /** Declares the gradient of `tensor`, made by the op that the rule adds. */
  readonly gradientFor: (tensor: Tensor) => Tensor;
}

/** Adds the ops that turn the gradient of an op's output into those of its inputs. */
export type GradientRule = (tape: Tape, op: Op, dy: Tensor) => void;

/** By the kernel of the forward op. */
export const gradientRules: Partial<Record<KernelName, GradientRule>> = {
  dense_forward: denseGradient,
  relu_forward: elementwiseGradient('relu_backward', ['y']),
  dropout_forward: elementwiseGradient('dropout_backward'),
};

/** dx = dy w^T, dw = x^T dy, db = column sums of dy. */
function denseGradient({ graph, needsGradient, gradientFor }: Tape, op: Op, dy: Tensor): void {
  const { name, reads } = op;
  const { x, w, b } = reads as { x: Tensor; w: Tensor; b: Tensor };
  const add = (kernel: KernelName, part: string, reads: Op['reads'], writes: Op['writes']): void => {
    addOp(graph, { kernel, name: `${name}.${part}`, reads, writes });
  };
  if (needsGradient(x)) add('dense_backward_input', 'input', { dy, w }, { dx: gradientFor(x) });
  add('dense_backward_weights', 'weights', { x, dy }, { dw: gradientFor(w) });
  add('dense_backward_bias', 'bias', { dy }, { db: gradientFor(b) });
}

/**
 * dx from dy, with a kernel that has the attributes of the forward one.
 * @param from operands of the forward op that it reads, too
 */
function elementwiseGradient(kernel: KernelName, from: readonly ('x' | 'y')[] = []): GradientRule {
  return (tape, op, dy) => {
    const x = op.reads.x!;
    if (!tape.needsGradient(x)) return;
    const operands = { x, y: op.writes.y! };
    addOp(tape.graph, {
      kernel,
      name: `${op.name}.backward`,
      reads: { ...Object.fromEntries(from.map((each) => [each, operands[each]])), dy },
      writes: { dx: tape.gradientFor(x) },
      attributes: op.attributes,
    });
  };
}

import {
  addOptimizer,
  addParameters,
  addSamples,
  confusion,
  createGraph,
  dense,
  differentiate,
  dropout,
  gather,
  nonfinite,
  reduceMetrics,
  relu,
  softmaxCrossEntropy,
  type Graph,
  type Op,
  type Parameter,
  type SampleSource,
  type Tensor,
  type Update,
} from '../graph/index.js';

/** A multi-layer perceptron on a data set: what fixes the shapes of its graph. */
export interface Mlp {
  /** Pixels per image, or features. */
  readonly inputs: number;
  /** The inputs are f32 features, taken as they are; by default bytes, taken as byte / 255. */
  readonly features?: boolean;
  readonly hidden: readonly number[];
  readonly classes: number;
  /**
   * The hidden layers, from 0, whose ReLU dropout follows; true is the first, false none. Each trial has its
   * own p for each.
   */
  readonly dropout: boolean | readonly number[];
  /** The loss of a training step smooths labels; each trial has its own share. By default it does not. */
  readonly labelSmoothing?: boolean;
}

/** The data that a graph reads: how many samples there are, and how long a trial's list of indices is. */
export interface Feed {
  readonly samples: number;
  readonly indices: number;
  /** Samples per batch. */
  readonly batch: number;
  /** Batches per epoch: places for metrics. */
  readonly slots: number;
}

/** The layer widths from input to output. */
export function widths(mlp: Mlp): number[] {
  return [mlp.inputs, ...mlp.hidden, mlp.classes];
}

/** Names such as `layer0.weight`: PyTorch's `Sequential` counts ReLU and Dropout, too. */
function parameters(graph: Graph, mlp: Mlp): Parameter[] {
  const sizes = widths(mlp);
  return addParameters(
    graph,
    sizes.slice(1).flatMap((columns, layer) => [
      { name: `layer${layer}.weight`, rows: sizes[layer]!, columns },
      { name: `layer${layer}.bias`, rows: 1, columns, vector: true },
    ]),
  );
}

function samplesOf(graph: Graph, mlp: Mlp, feed: Pick<Feed, 'samples' | 'indices'>): SampleSource {
  const shape = { rows: feed.samples, columns: mlp.inputs };
  const images = mlp.features === true ? shape : ({ ...shape, packedBytes: true } as const);
  return addSamples(graph, images, feed.indices);
}

/** gather -> dense -> relu [-> dropout] -> ... -> dense: the logits and the labels of a batch. */
function logitsOf(
  graph: Graph,
  source: SampleSource,
  mlp: Mlp,
  rows: number,
  withDropout: Mlp['dropout'],
): { readonly logits: Tensor; readonly labels: Tensor } {
  const weights = parameters(graph, mlp);
  const dropped = typeof withDropout === 'boolean' ? (withDropout ? [0] : []) : withDropout;
  const batch = gather(graph, source, rows);
  let value: Tensor = batch.x;
  for (let layer = 0; layer <= mlp.hidden.length; layer++) {
    value = dense(graph, `layer${layer}`, value, weights[2 * layer]!, weights[2 * layer + 1]!);
    if (layer === mlp.hidden.length) break;
    value = relu(graph, `layer${layer}.relu`, value);
    if (dropped.includes(layer)) value = dropout(graph, `layer${layer}.dropout`, value, layer);
  }
  return { logits: value, labels: batch.y };
}

/** The logits -> softmax cross-entropy -> metrics. */
function forward(graph: Graph, source: SampleSource, mlp: Mlp, feed: Feed): Op {
  const { logits, labels } = logitsOf(graph, source, mlp, feed.batch, mlp.dropout);
  const loss = softmaxCrossEntropy(graph, logits, labels, mlp.labelSmoothing);
  reduceMetrics(graph, loss, feed.slots);
  return loss;
}

/** One training step: forward, backward, and an update of every parameter. @param update by default AdamW */
export function trainingGraph(mlp: Mlp, feed: Feed, update?: Update): Graph {
  const graph = createGraph();
  const loss = forward(graph, samplesOf(graph, mlp, feed), mlp, feed);
  differentiate(graph, loss);
  addOptimizer(graph, update);
  return graph;
}

/** One evaluation batch: forward without dropout and smoothing, metrics and confusion matrix. */
export function evaluationGraph(mlp: Mlp, feed: Feed): Graph {
  const graph = createGraph();
  const source = samplesOf(graph, mlp, feed);
  const plain = { ...mlp, dropout: false, labelSmoothing: false };
  confusion(graph, source, forward(graph, source, plain, feed));
  return graph;
}

/** The logits [rows, classes] of a batch of images without labels, which are all that the buffer holds. */
export function inferenceGraph(mlp: Mlp, rows: number): { readonly graph: Graph; readonly logits: Tensor } {
  const graph = createGraph();
  const { logits } = logitsOf(
    graph,
    samplesOf(graph, mlp, { samples: rows, indices: rows }),
    mlp,
    rows,
    false,
  );
  return { graph, logits };
}

/**
 * The non-finite check of a network's state: all parameters, then both moments. A gradient that was not
 * finite left a first moment that is not, and one whose square is too large a second moment.
 */
export function checkGraph(mlp: Mlp): Graph {
  const graph = createGraph();
  parameters(graph, mlp);
  const { parameters: values, firstMoments, secondMoments } = graph.arenas!;
  for (const arena of [values, firstMoments, secondMoments]) nonfinite(graph, arena);
  return graph;
}

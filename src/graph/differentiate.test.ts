import { expect, test } from 'vitest';
import {
  addOp,
  addOptimizer,
  addParameters,
  addSamples,
  addTensor,
  createGraph,
  dense,
  differentiate,
  dropout,
  gather,
  nonfinite,
  relu,
  softmaxCrossEntropy,
  type Graph,
  type Tensor,
} from './index.js';
import { trainingGraph } from '../model/index.js';
import { opText } from './testing/op-text.js';

const feed = { samples: 20, indices: 16, batch: 4, slots: 4 };
const mlp = { inputs: 12, hidden: [8, 6], classes: 3, dropout: false };
const opsOf = (dropout: boolean): string[] => trainingGraph({ ...mlp, dropout }, feed).ops.map(opText);

const lastLayer = [
  'dense_backward_input(dy=gradient of layer2, w=layer2.weight -> dx=gradient of layer1.relu)',
  'dense_backward_weights(x=layer1.relu, dy=gradient of layer2 -> dw=gradient of layer2.weight)',
  'dense_backward_bias(dy=gradient of layer2 -> db=gradient of layer2.bias)',
  'relu_backward(y=layer1.relu, dy=gradient of layer1.relu -> dx=gradient of layer1)',
];
const firstLayer = [
  'relu_backward(y=layer0.relu, dy=gradient of layer0.relu -> dx=gradient of layer0)',
  'dense_backward_weights(x=batch, dy=gradient of layer0 -> dw=gradient of layer0.weight)',
  'dense_backward_bias(dy=gradient of layer0 -> db=gradient of layer0.bias)',
];
const updates = [0, 1, 2].flatMap((layer) =>
  ['weight', 'bias'].map((kind) => {
    const name = `layer${layer}.${kind}`;
    return `adamw(g=gradient of ${name} -> w=${name}, m=first moment of ${name}, v=second moment of ${name})`;
  }),
);

test('three layers: the backward ops, last layer first, then the updates', () => {
  const ops = opsOf(false);
  expect(ops.slice(0, 8)).toEqual([
    'gather(images=images, labels=labels, indices=indices -> x=batch, y=batch.labels)',
    'dense_forward(x=batch, w=layer0.weight, b=layer0.bias -> y=layer0)',
    'relu_forward(x=layer0 -> y=layer0.relu)',
    'dense_forward(x=layer0.relu, w=layer1.weight, b=layer1.bias -> y=layer1)',
    'relu_forward(x=layer1 -> y=layer1.relu)',
    'dense_forward(x=layer1.relu, w=layer2.weight, b=layer2.bias -> y=layer2)',
    'softmax_cross_entropy(z=layer2, labels=batch.labels -> dz=gradient of layer2, loss=row losses, predicted=predictions)',
    'reduce_metrics(loss=row losses, predicted=predictions, labels=batch.labels -> metrics=metrics)',
  ]);
  expect(ops.slice(8)).toEqual([
    ...lastLayer,
    'dense_backward_input(dy=gradient of layer1, w=layer1.weight -> dx=gradient of layer0.relu)',
    'dense_backward_weights(x=layer0.relu, dy=gradient of layer1 -> dw=gradient of layer1.weight)',
    'dense_backward_bias(dy=gradient of layer1 -> db=gradient of layer1.bias)',
    ...firstLayer,
    ...updates,
  ]);
});

test('dropout: its backward op lies between the next layer and the ReLU, with the mask of the forward op', () => {
  const graph = trainingGraph({ ...mlp, dropout: true }, feed);
  expect(graph.ops.map(opText).slice(9)).toEqual([
    ...lastLayer,
    'dense_backward_input(dy=gradient of layer1, w=layer1.weight -> dx=gradient of layer0.dropout)',
    'dense_backward_weights(x=layer0.dropout, dy=gradient of layer1 -> dw=gradient of layer1.weight)',
    'dense_backward_bias(dy=gradient of layer1 -> db=gradient of layer1.bias)',
    'dropout_backward(dy=gradient of layer0.dropout -> dx=gradient of layer0.relu)',
    ...firstLayer,
    ...updates,
  ]);
  const [forward, backward] = ['dropout_forward', 'dropout_backward'].map((kernel) =>
    graph.ops.find((op) => op.kernel === kernel)!,
  );
  expect(backward!.attributes).toEqual(forward!.attributes);
});

test('a gradient has the shape of its tensor, and a gradient of a parameter its place in the arena', () => {
  const graph = trainingGraph({ ...mlp, dropout: true }, feed);
  const named = new Map(graph.tensors.map((tensor) => [tensor.name, tensor]));
  for (const [name, gradient] of named) {
    const tensor = named.get(name.replace(/^gradient of /, ''))!;
    if (tensor === gradient) continue;
    expect(gradient, name).toMatchObject({ rows: tensor.rows, columns: tensor.columns });
  }
  for (const { value, gradient, firstMoment, secondMoment } of graph.parameters) {
    expect(gradient.storage).toBe('persistent');
    expect(gradient.view!.arena).toBe(graph.arenas!.gradients);
    for (const other of [gradient, firstMoment, secondMoment]) {
      expect(other.view!.offset).toBe(value.view!.offset);
    }
  }
});

test('nothing is computed for the data', () => {
  for (const dropout of [false, true]) {
    const ops = trainingGraph({ ...mlp, dropout }, feed).ops;
    expect(ops.filter(({ name }) => name === 'layer0.input')).toEqual([]);
    const touched = ops.flatMap(({ writes }) => Object.values(writes).map(({ name }) => name));
    expect(touched).not.toContain('gradient of batch');
  }
});

test('nor for what is made of the data alone', () => {
  const { graph, batch, layer } = square();
  const x = dropout(graph, 'x.dropout', relu(graph, 'x.relu', batch.x), 0);
  const before = graph.ops.length + 2;
  differentiate(graph, softmaxCrossEntropy(graph, layer(0, x), batch.y));
  expect(graph.ops.slice(before).map(({ name }) => name)).toEqual(['dense0.weights', 'dense0.bias']);
});

test('no hidden layer: weights and bias only', () => {
  const graph = trainingGraph({ ...mlp, hidden: [] }, feed);
  expect(graph.ops.slice(4).map(({ name }) => name)).toEqual([
    'layer0.weights',
    'layer0.bias',
    'layer0.weight.update',
    'layer0.bias.update',
  ]);
});

/** A batch, and two square layers' parameters, of width 4. */
function square(): {
  graph: Graph;
  batch: { x: Tensor; y: Tensor };
  layer: (i: number, x: Tensor) => Tensor;
} {
  const graph = createGraph();
  const source = addSamples(graph, { rows: 20, columns: 4, packedBytes: true }, 16);
  const parameters = addParameters(
    graph,
    [0, 1].flatMap((i) => [
      { name: `w${i}`, rows: 4, columns: 4 },
      { name: `b${i}`, rows: 1, columns: 4, vector: true },
    ]),
  );
  let uses = 0;
  return {
    graph,
    batch: gather(graph, source, 4),
    layer: (i, x) => dense(graph, `dense${uses++}`, x, parameters[2 * i]!, parameters[2 * i + 1]!),
  };
}

test('a parameter that two layers share is refused', () => {
  const { graph, batch, layer } = square();
  const loss = softmaxCrossEntropy(graph, layer(0, layer(0, batch.x)), batch.y);
  expect(() => {
    differentiate(graph, loss);
  }).toThrow(expect.objectContaining({ kind: 'bug', message: 'w0 is used by more than one op' }));
});

test('an activation that reaches the loss on two ways is refused', () => {
  const { graph, batch, layer } = square();
  const h = layer(0, batch.x);
  const { b } = graph.ops.at(-1)!.reads;
  const y = addTensor(graph, 'h h', h);
  addOp(graph, { kernel: 'dense_forward', name: 'h h', reads: { x: h, w: h, b: b! }, writes: { y } });
  const loss = softmaxCrossEntropy(graph, y, batch.y);
  expect(() => {
    differentiate(graph, loss);
  }).toThrow(expect.objectContaining({ kind: 'bug', message: 'dense0 is used by more than one op' }));
});

test('a layer that does not lead to the loss gets no gradient', () => {
  const { graph, batch, layer } = square();
  const h = layer(0, batch.x);
  relu(graph, 'aside', h);
  layer(1, h);
  const z = relu(graph, 'z', h);
  const before = graph.ops.length + 1;
  differentiate(graph, softmaxCrossEntropy(graph, z, batch.y));
  expect(graph.ops.slice(before).map(({ name }) => name)).toEqual([
    'z.backward',
    'dense0.weights',
    'dense0.bias',
  ]);
});

test('an op without a gradient rule is refused on the way to the loss', () => {
  const { graph, batch, layer } = square();
  const h = layer(0, batch.x);
  const y = addTensor(graph, 'soft', h);
  const aside = addTensor(graph, 'aside', h);
  // The gradient arrives at the second output.
  addOp(graph, { kernel: 'ceiling_copy', name: 'soft', reads: { x: h }, writes: { aside, y } });
  const loss = softmaxCrossEntropy(graph, layer(1, y), batch.y);
  expect(() => {
    differentiate(graph, loss);
  }).toThrow(
    expect.objectContaining({ kind: 'bug', message: 'op soft (ceiling_copy) has no gradient rule' }),
  );
});

test('an op without a gradient rule is passed over beside the way to the loss, even without an output', () => {
  const { graph, batch, layer } = square();
  const h = layer(0, batch.x);
  addOp(graph, {
    kernel: 'ceiling_copy',
    name: 'aside',
    reads: { x: h },
    writes: { y: addTensor(graph, 'aside', h) },
  });
  nonfinite(graph, h);
  const before = graph.ops.length + 1;
  differentiate(graph, softmaxCrossEntropy(graph, h, batch.y));
  expect(graph.ops.slice(before).map(({ name }) => name)).toEqual(['dense0.weights', 'dense0.bias']);
});

test('addOptimizer updates every parameter from its own gradient', () => {
  const { graph } = square();
  addOptimizer(graph);
  expect(graph.ops.slice(-4).map(opText)).toEqual(
    ['w0', 'b0', 'w1', 'b1'].map(
      (name) =>
        `adamw(g=gradient of ${name} -> w=${name}, m=first moment of ${name}, v=second moment of ${name})`,
    ),
  );
});

test('addOptimizer with SGD and clipping: the norm, the clipped gradients, and updates without second moments', () => {
  const { graph } = square();
  addOptimizer(graph, { optimizer: 'sgd', clips: true });
  expect(graph.ops.slice(-6).map(opText)).toEqual([
    'gradient_norm(g=gradients -> squares=squared norms)',
    'clip_gradients(g=gradients, squares=squared norms -> clipped=clipped_gradients)',
    ...['w0', 'b0', 'w1', 'b1'].map(
      (name) => `sgd(g=clipped gradient of ${name} -> w=${name}, m=first moment of ${name})`,
    ),
  ]);
});

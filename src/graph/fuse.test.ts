import { describe, expect, test } from 'vitest';
import {
  addOp,
  addTensor,
  fuse,
  nonfinite,
  planStep,
  root,
  schedule,
  type Graph,
  type Op,
  type Tensor,
} from './index.js';
import { evaluationGraph, trainingGraph } from '../model/index.js';
import { kernelsOf, opText, unwrittenReads } from './testing/op-text.js';
import { layerAttributes, updatesTogether } from '../kernels/index.js';
import { everyTraits } from '../kernels/testing/traits.js';

const feed = { samples: 20, indices: 16, batch: 4, slots: 4 };
const net = (hidden: readonly number[], dropout: boolean, classes = 3) => ({
  inputs: 12,
  hidden,
  classes,
  dropout,
});
const training = (hidden: readonly number[], dropout = false, classes = 3): Graph =>
  trainingGraph(net(hidden, dropout, classes), feed);

const opNamed = (graph: Graph, name: string): Op => {
  const op = graph.ops.find((each) => each.name === name);
  if (op === undefined)
    throw new Error(`no op ${name} among ${graph.ops.map((each) => each.name).join(', ')}`);
  return op;
};
const tensorNamed = (graph: Graph, name: string): Tensor => graph.tensors.find((each) => each.name === name)!;
/** An op that looks at a tensor and changes nothing else. */
const observe = (graph: Graph, tensor: Tensor): void => {
  const y = addTensor(graph, `seen ${tensor.name}`, tensor);
  addOp(graph, { kernel: 'ceiling_copy', name: 'observe', reads: { x: tensor }, writes: { y } });
};
/** The same step with a tensor observed, as it is and fused. */
const observed = (name: string, graph: Graph): { readonly before: Graph; readonly after: Graph } => {
  observe(graph, tensorNamed(graph, name));
  const after = fuse(graph);
  expect(unwrittenReads(after)).toEqual([]);
  return { before: graph, after };
};
/** Forward and backward ops around the first activation. */
const activation = (graph: Graph): string[] =>
  graph.ops.filter(({ name }) => /^layer0($|\.relu|\.dropout)|^layer1\.input/.test(name)).map(opText);

describe('a training step', () => {
  test('two layers, ReLU and dropout: five dispatches, and what each reads and changes', () => {
    expect(fuse(training([8], true)).ops.map(opText)).toEqual([
      'dense_forward_images(images=images, indices=indices, w=layer0.weight, b=layer0.bias -> y=layer0.dropout)',
      'dense_softmax_cross_entropy(x=layer0.dropout, w=layer1.weight, b=layer1.bias, labels=labels, indices=indices -> ' +
        'dz=gradient of layer1, predicted=predictions, metrics=metrics)',
      'dense_backward_input_activation(dy=gradient of layer1, w=layer1.weight, a=layer0.dropout -> dz=gradient of layer0)',
      'dense_backward_parameters_adamw(x=layer0.dropout, dy=gradient of layer1 -> ' +
        'w=layer1, m=first moment of layer1, v=second moment of layer1)',
      'dense_backward_parameters_images_adamw(images=images, indices=indices, dy=gradient of layer0 -> ' +
        'w=layer0, m=first moment of layer0, v=second moment of layer0)',
    ]);
  });

  test.each([false, true])('n layers take 3n - 1 dispatches, dropout %s', (dropout) => {
    for (let depth = 1; depth <= 6; depth++) {
      const hidden = Array.from({ length: depth }, () => 8);
      expect(fuse(training(hidden, dropout)).ops).toHaveLength(3 * (depth + 1) - 1);
    }
  });

  test('SGD: its updates are fused as those of AdamW are', () => {
    const { ops } = fuse(trainingGraph(net([8], true), feed, { optimizer: 'sgd', clips: false }));
    expect(ops.slice(-2).map(opText)).toEqual([
      'dense_backward_parameters_sgd(x=layer0.dropout, dy=gradient of layer1 -> w=layer1, m=first moment of layer1)',
      'dense_backward_parameters_images_sgd(images=images, indices=indices, dy=gradient of layer0 -> ' +
        'w=layer0, m=first moment of layer0)',
    ]);
  });

  test.each([0, 1, 2, 4])('clipping: three dispatches more, with %i hidden layers', (count) => {
    const hidden = new Array<number>(count).fill(8);
    const update = { optimizer: 'adamw', clips: true } as const;
    const [plain, clipped] = [training(hidden), trainingGraph(net(hidden, false), feed, update)].map(
      (graph) => fuse(graph),
    );
    expect(clipped!.ops).toHaveLength(plain!.ops.length + 3);
    expect(schedule(clipped!.ops).slice(-3).map(opText)).toEqual([
      'gradient_norm(g=gradients -> squares=squared norms)',
      'clip_gradients(g=gradients, squares=squared norms -> clipped=clipped_gradients)',
      'adamw(g=clipped_gradients -> w=parameters, m=first_moments, v=second_moments)',
    ]);
    expect(unwrittenReads(clipped!)).toEqual([]);
  });

  test('one layer: the batch is gathered, because the loss reads it as a tensor', () => {
    expect(kernelsOf(fuse(training([])).ops)).toEqual([
      'gather',
      'dense_softmax_cross_entropy',
      'dense_backward_parameters_adamw',
    ]);
  });

  test('32 classes are as many as a tile is wide; more keep the loss apart, and with it gather and metrics', () => {
    expect(kernelsOf(fuse(training([8], false, 32)).ops)).toHaveLength(5);
    expect(kernelsOf(fuse(training([8], false, 33)).ops)).toEqual([
      'gather',
      'dense_forward',
      'dense_forward',
      'softmax_cross_entropy',
      'reduce_metrics',
      'dense_backward_input_activation',
      'dense_backward_parameters_adamw',
      'dense_backward_parameters_adamw',
    ]);
  });

  test.each([
    { dropout: false, attributes: { relu: 1, dropout: 0 } },
    { dropout: true, attributes: { relu: 1, dropout: 1, layer: 0 } },
  ])('switches of the activations, dropout $dropout: only the first layer has it', (given) => {
    const graph = fuse(training([8, 8], given.dropout));
    expect(opNamed(graph, 'layer0').attributes).toEqual({ ...given.attributes, batch: 4 });
    expect(opNamed(graph, 'layer1').attributes).toEqual({ relu: 1, dropout: 0 });
    expect(opNamed(graph, 'layer1.input').attributes).toEqual(
      given.dropout ? { dropout: 1, layer: 0 } : { dropout: 0 },
    );
    expect(opNamed(graph, 'layer2.input').attributes).toEqual({ dropout: 0 });
  });

  test('an update covers the weights and the bias of its layer and nothing else', () => {
    const graph = fuse(training([8, 6]));
    for (const [layer, { value }] of graph.parameters.filter((_, i) => i % 2 === 0).entries()) {
      const bias = graph.parameters[2 * layer + 1]!.value.view!.offset;
      const { updates, attributes } = opNamed(graph, `layer${layer}.parameters`);
      for (const [binding, arena] of [
        ['w', graph.arenas!.parameters],
        ['m', graph.arenas!.firstMoments],
        ['v', graph.arenas!.secondMoments],
      ] as const) {
        expect(updates[binding]!.view).toEqual({ arena, offset: value.view!.offset });
        expect(updates[binding]!.columns).toBe(bias - value.view!.offset + 4 * Math.ceil(value.columns / 4));
      }
      expect(attributes.bias).toBe(bias - value.view!.offset);
    }
  });

  test('new tensors have numbers of their own', () => {
    const { tensors } = fuse(training([8, 8]));
    expect(tensors.map(({ id }) => id)).toEqual([...tensors.keys()]);
  });
});

test('an evaluation batch', () => {
  expect(kernelsOf(fuse(evaluationGraph(net([8, 8], true), feed)).ops)).toEqual([
    'dense_forward_images',
    'dense_forward',
    'dense_softmax_cross_entropy',
    'confusion',
  ]);
});

describe('the layers updated together', () => {
  const together = (graph: Graph): Graph => fuse(graph, { together: true });

  test('three layers: six dispatches; what the last one reads lies in arenas', () => {
    const { ops } = together(training([8, 6]));
    expect(ops).toHaveLength(6);
    expect(opText(ops.at(-1)!)).toBe(
      'dense_backward_layers_adamw(images=images, indices=indices, arena0=arena 0, arena1=arena 1, arena2=arena 2 -> ' +
        'w=parameters, m=first_moments, v=second_moments)',
    );
    const placed = ops.flatMap(({ writes }) =>
      Object.values(writes).flatMap(({ name, view }) =>
        view === undefined || name === 'metrics' ? [] : [`${name}: ${view.arena.name} + ${view.offset}`],
      ),
    );
    expect(placed).toEqual([
      'layer0.relu: arena 0 + 0',
      'layer1.relu: arena 1 + 64',
      'gradient of layer2: arena 0 + 64',
      'gradient of layer1: arena 2 + 0',
      'gradient of layer0: arena 1 + 0',
    ]);
  });

  test.each(['adamw', 'sgd'] as const)('n layers take 2n dispatches, up to 33 of them: %s', (optimizer) => {
    for (const depth of [1, 2, 3, 4, 5, 6, 32]) {
      const hidden = Array.from({ length: depth }, () => 8);
      const graph = together(trainingGraph(net(hidden, true), feed, { optimizer, clips: false }));
      expect(graph.ops).toHaveLength(2 * (depth + 1));
      expect(graph.ops.at(-1)!.kernel).toBe(`dense_backward_layers_${optimizer}`);
      expect(unwrittenReads(graph)).toEqual([]);
      for (const { reads, writes } of graph.ops)
        for (const read of Object.values(reads))
          for (const written of Object.values(writes)) expect(root(read).id).not.toBe(root(written).id);
    }
  });

  test('each layer is told where its operands lie', () => {
    const graph = together(training([8, 6]));
    const { attributes } = graph.ops.at(-1)!;
    const bias = (layer: number): number => graph.parameters[2 * layer + 1]!.value.view!.offset;
    const weights = (layer: number): number => graph.parameters[2 * layer]!.value.view!.offset;
    expect(attributes).toEqual({
      batch: 4,
      ...layerAttributes([
        { rows: 12, columns: 8, xArena: 0, x: 0, dyArena: 1, dy: 0, weights: 0, bias: bias(0) },
        { rows: 8, columns: 6, xArena: 0, x: 0, dyArena: 2, dy: 0, weights: weights(1), bias: bias(1) },
        { rows: 6, columns: 3, xArena: 1, x: 64, dyArena: 0, dy: 64, weights: weights(2), bias: bias(2) },
      ]),
    });
  });

  test.each([
    ['a single layer', training([])],
    ['more classes than a tile is wide', training([8], false, 33)],
    ['features', trainingGraph({ ...net([8], false), features: true }, feed)],
    ['clipping', trainingGraph(net([8], false), feed, { optimizer: 'adamw', clips: true })],
    ['an arena that is larger than a buffer', trainingGraph(net([65_536], false), { ...feed, batch: 516 })],
  ])('%s: the ops stay as they are', (_, graph) => {
    expect(together(graph).ops.map(opText)).toEqual(fuse(graph).ops.map(opText));
  });

  test('the gradient of one parameter is looked at: so they do', () => {
    const graph = training([8]);
    observe(graph, graph.parameters[0]!.gradient);
    expect(together(graph).ops.map(opText)).toEqual(fuse(graph).ops.map(opText));
  });

  test('what they read is looked at: so they do', () => {
    for (const name of ['layer0.relu', 'gradient of layer0', 'gradient of layer1']) {
      const graph = training([8]);
      observe(graph, tensorNamed(graph, name));
      expect(together(graph).ops.map(opText)).toEqual(fuse(graph).ops.map(opText));
    }
  });

  test('the arenas are of one length', () => {
    const { reads } = together(training([8, 6])).ops.at(-1)!;
    const arenas = [reads.arena0, reads.arena1, reads.arena2];
    expect(arenas.map((arena) => arena!.columns)).toEqual([128, 128, 128]);
  });
});

test('an adapter gets the ops of its rule; the off switch leaves them, and planning the graph, as they are', () => {
  const graph = training([8, 8], true);
  const before = { ops: graph.ops.map(opText), tensors: graph.tensors.length };
  for (const traits of Object.values(everyTraits)) {
    const planned = (on: boolean) =>
      planStep(graph, traits, { trials: 1, fuse: on }).dispatches.map(({ op }) => op);
    const fused = fuse(graph, { together: updatesTogether(traits, [], 1) });
    expect(planned(true).map(opText)).toEqual(schedule(fused.ops).map(opText));
    expect(planned(false)).toEqual(schedule(graph.ops));
  }
  expect({ ops: graph.ops.map(opText), tensors: graph.tensors.length }).toEqual(before);
});

test('no op reads what no op before it wrote', () => {
  for (const hidden of [[], [8], [8, 4], [4, 8, 4, 8]]) {
    for (const dropout of [false, true]) {
      for (const classes of [3, 40]) {
        for (const graph of [
          training(hidden, dropout, classes),
          evaluationGraph(net(hidden, dropout, classes), feed),
        ]) {
          expect(unwrittenReads(graph)).toEqual([]);
          expect(unwrittenReads(fuse(graph))).toEqual([]);
        }
      }
    }
  }
});

describe('what somebody looks at is not fused away', () => {
  test.each(['layer0', 'layer0.relu', 'gradient of layer0.dropout', 'gradient of layer0.relu'])(
    '%s, with dropout: the activation stays apart, others do not',
    (name) => {
      const { before, after } = observed(name, training([8, 8], true));
      expect(activation(after).slice(1)).toEqual(activation(before).slice(1));
      expect(opNamed(after, 'layer0').attributes).toEqual({ batch: 4 });
      expect(opNamed(after, 'layer1').attributes).toEqual({ relu: 1, dropout: 0 });
    },
  );

  test.each(['layer0', 'gradient of layer0.relu'])('%s, without dropout', (name) => {
    const { before, after } = observed(name, training([8, 8]));
    expect(activation(after).slice(1)).toEqual(activation(before).slice(1));
  });

  test.each([false, true])('what a fused layer still gives may be looked at, dropout %s', (dropout) => {
    for (const name of [dropout ? 'layer0.dropout' : 'layer0.relu', 'gradient of layer0', 'predictions']) {
      const { after } = observed(name, training([8, 8], dropout));
      expect(after.ops).toHaveLength(9);
    }
  });

  test('the batch, or its labels: it is gathered', () => {
    for (const name of ['batch', 'batch.labels']) {
      const { after } = observed(name, training([8]));
      expect(kernelsOf(after.ops).filter((kernel) => kernel.includes('images'))).toEqual([]);
      expect(kernelsOf(after.ops)).toContain('gather');
    }
  });

  test.each(['layer1', 'row losses', 'batch.labels'])('%s: the loss stays apart', (name) => {
    const { after } = observed(name, training([8]));
    for (const kernel of ['dense_forward', 'softmax_cross_entropy', 'reduce_metrics'])
      expect(kernelsOf(after.ops)).toContain(kernel);
  });

  test('the gradient of one parameter: its layer is updated apart', () => {
    const graph = training([8]);
    observe(graph, graph.parameters[0]!.gradient);
    const fused = fuse(graph);
    expect(kernelsOf(fused.ops.filter(({ name }) => /^layer0\.(parameters|.*update)$/.test(name)))).toEqual([
      'dense_backward_parameters_images',
      'adamw',
      'adamw',
    ]);
    expect(opNamed(fused, 'layer1.parameters').kernel).toBe('dense_backward_parameters_adamw');
  });

  test('all gradients at once, through their arena', () => {
    const graph = training([8]);
    nonfinite(graph, graph.arenas!.gradients);
    const kernels = kernelsOf(fuse(graph).ops);
    expect(kernels.filter((kernel) => kernel.endsWith('_adamw'))).toEqual([]);
    expect(kernels.filter((kernel) => kernel === 'adamw')).toHaveLength(4);
  });

  test('a parameter without an update: its gradient is still made', () => {
    const graph = training([8]);
    const frozen = graph.ops.filter(({ name }) => name !== 'layer0.weight.update');
    const fused = fuse({ ...graph, ops: frozen });
    expect(opNamed(fused, 'layer0.parameters').kernel).toBe('dense_backward_parameters_images');
    expect(fused.ops.filter(({ kernel }) => kernel === 'adamw').map(({ name }) => name)).toEqual([
      'layer0.bias.update',
    ]);
  });

  test('two dropouts of one ReLU', () => {
    const graph = evaluationGraph(net([8], false), feed);
    const y = tensorNamed(graph, 'layer0.relu');
    for (const layer of [0, 1]) {
      addOp(graph, {
        kernel: 'dropout_forward',
        name: `layer0.dropout${layer}`,
        reads: { x: y },
        writes: { y: addTensor(graph, `dropped ${layer}`, y) },
        attributes: { layer },
      });
    }
    expect(activation(fuse(graph)).slice(1)).toEqual(activation(graph).slice(1));
  });
});

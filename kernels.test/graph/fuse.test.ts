import { describe, expect, test } from 'vitest';
import {
  addOp,
  addTensor,
  fuse,
  nonfinite,
  planStep,
  schedule,
  type Graph,
  type Op,
  type Tensor,
} from '../../src/graph/index.js';
import { evaluationGraph, trainingGraph } from '../../src/model/index.js';
import { kernelsOf, opText, unwrittenReads } from './op-text.js';
import { everyTraits, hardware, lavapipe } from './traits.js';

const feed = { samples: 20, indices: 16, batch: 4, slots: 4 };
const net = (hidden: readonly number[], dropout: boolean) => ({ inputs: 12, hidden, classes: 3, dropout });
const training = (hidden: readonly number[], dropout = false): Graph =>
  trainingGraph(net(hidden, dropout), feed);
const merged = { updatesInPlace: false };
const inPlace = { updatesInPlace: true };

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
  addOp(graph, { kernel: 'observe', name: 'observe', reads: { x: tensor }, writes: { y } });
};
const unfusedLayer0 = (graph: Graph): string[] =>
  graph.ops.filter(({ name }) => /^layer0($|\.relu|\.dropout)|^layer1\.input/.test(name)).map(opText);

describe('a training step', () => {
  test('software adapters: activations are fused, all updates are one', () => {
    expect(kernelsOf(fuse(training([8]), merged).ops)).toEqual([
      'gather',
      'dense_forward',
      'dense_forward',
      'softmax_cross_entropy',
      'reduce_metrics',
      'dense_backward_input_activation',
      'dense_backward_weights',
      'dense_backward_bias',
      'dense_backward_weights',
      'dense_backward_bias',
      'adamw',
    ]);
  });

  test('GPUs: activations are fused, every update is part of its gradient', () => {
    expect(kernelsOf(fuse(training([8]), inPlace).ops)).toEqual([
      'gather',
      'dense_forward',
      'dense_forward',
      'softmax_cross_entropy',
      'reduce_metrics',
      'dense_backward_input_activation',
      'dense_backward_weights_adamw',
      'dense_backward_bias_adamw',
      'dense_backward_weights_adamw',
      'dense_backward_bias_adamw',
    ]);
  });

  test('what the fused ops read and write', () => {
    const texts = fuse(training([8], true), inPlace).ops.map(opText);
    expect(texts[1]).toBe('dense_forward(x=batch, w=layer0.weight, b=layer0.bias -> y=layer0.dropout)');
    expect(texts[5]).toBe(
      'dense_backward_input_activation(dy=gradient of layer1, w=layer1.weight, a=layer0.dropout -> dz=gradient of layer0)',
    );
    expect(texts[6]).toBe(
      'dense_backward_weights_adamw(x=layer0.dropout, dy=gradient of layer1 -> ' +
        'w=layer1.weight, m=first moment of layer1.weight, v=second moment of layer1.weight)',
    );
    expect(opText(fuse(training([8]), merged).ops.at(-1)!)).toBe(
      'adamw(g=gradients -> w=parameters, m=first_moments, v=second_moments)',
    );
  });

  test.each([
    { dropout: false, attributes: { relu: 1, dropout: 0 } },
    { dropout: true, attributes: { relu: 1, dropout: 1, layer: 0 } },
  ])('switches of the fused kernels, dropout $dropout: only the first layer has it', (given) => {
    const graph = fuse(training([8, 8], given.dropout), merged);
    expect(opNamed(graph, 'layer0').attributes).toEqual(given.attributes);
    expect(opNamed(graph, 'layer1').attributes).toEqual({ relu: 1, dropout: 0 });
    expect(opNamed(graph, 'layer2').attributes).toEqual({});
    expect(opNamed(graph, 'layer1.input').attributes).toEqual({ dropout: given.dropout ? 1 : 0 });
    expect(opNamed(graph, 'layer2.input').attributes).toEqual({ dropout: 0 });
  });

  test.each([
    { hidden: [], dropout: false },
    { hidden: [8], dropout: true },
    { hidden: [8, 8, 8, 8, 8], dropout: false },
    { hidden: [8, 8, 8, 8, 8], dropout: true },
  ])('$hidden.length hidden layers, dropout $dropout: nothing elementwise is left', ({ hidden, dropout }) => {
    const layers = hidden.length + 1;
    const apart = kernelsOf(fuse(training(hidden, dropout), inPlace).ops);
    // gather, loss, metrics; per layer forward, weights, bias; per hidden layer the gradient by its output.
    expect(apart).toHaveLength(3 + 3 * layers + hidden.length);
    const together = kernelsOf(fuse(training(hidden, dropout), merged).ops);
    expect(together).toHaveLength(3 + 3 * layers + hidden.length + 1);
    for (const kernels of [apart, together]) {
      expect(kernels.filter((kernel) => /^(relu|dropout)_|^dense_backward_input$/.test(kernel))).toEqual([]);
    }
    expect(apart).not.toContain('adamw');
    expect(together.filter((kernel) => kernel === 'adamw')).toHaveLength(1);
  });
});

test('an evaluation batch: dense and ReLU are one; nothing else changes', () => {
  const graph = evaluationGraph(net([8, 8], true), feed);
  for (const rules of [merged, inPlace]) {
    expect(kernelsOf(fuse(graph, rules).ops)).toEqual([
      'gather',
      'dense_forward',
      'dense_forward',
      'dense_forward',
      'softmax_cross_entropy',
      'reduce_metrics',
      'confusion',
    ]);
  }
});

test('an adapter gets its rules, and the off switch leaves every op as it is', () => {
  const graph = training([8, 8], true);
  const before = graph.ops.map(opText);
  const planned = (traits: typeof hardware, on: boolean) =>
    planStep(graph, traits, { trials: 1, fuse: on }).dispatches.map(({ op }) => op);
  expect(kernelsOf(planned(lavapipe, true))).toContain('adamw');
  expect(kernelsOf(planned(hardware, true))).toContain('dense_backward_weights_adamw');
  for (const traits of Object.values(everyTraits)) {
    expect(planned(traits, false)).toEqual(schedule(graph.ops));
  }
  expect(graph.ops.map(opText), 'planning leaves the graph as it is').toEqual(before);
});

test('no op reads what no op before it wrote, whatever is fused', () => {
  for (const hidden of [[], [8], [8, 4], [4, 8, 4, 8]]) {
    for (const dropout of [false, true]) {
      const graph = training(hidden, dropout);
      const evaluation = evaluationGraph(net(hidden, dropout), feed);
      for (const each of [graph, evaluation]) {
        expect(unwrittenReads(each)).toEqual([]);
        expect(unwrittenReads(fuse(each, merged))).toEqual([]);
        expect(unwrittenReads(fuse(each, inPlace))).toEqual([]);
      }
    }
  }
});

describe('a graph in which somebody looks at what fusing would remove is left alone', () => {
  test.each(['layer0', 'layer0.relu', 'gradient of layer0.dropout', 'gradient of layer0.relu'])(
    '%s, with dropout',
    (name) => {
      const graph = training([8, 8], true);
      observe(graph, tensorNamed(graph, name));
      const fused = fuse(graph, merged);
      expect(unfusedLayer0(fused)).toEqual(unfusedLayer0(graph));
      expect(opNamed(fused, 'layer1').attributes, 'other layers are fused').toEqual({ relu: 1, dropout: 0 });
      expect(unwrittenReads(fused)).toEqual([]);
    },
  );

  test.each(['layer0', 'gradient of layer0.relu'])('%s, without dropout', (name) => {
    const graph = training([8, 8]);
    observe(graph, tensorNamed(graph, name));
    const fused = fuse(graph, merged);
    expect(unfusedLayer0(fused)).toEqual(unfusedLayer0(graph));
    expect(unwrittenReads(fused)).toEqual([]);
  });

  test.each([false, true])('what the fused layer still gives may be looked at, dropout %s', (dropout) => {
    for (const name of [dropout ? 'layer0.dropout' : 'layer0.relu', 'gradient of layer0']) {
      const graph = training([8, 8], dropout);
      observe(graph, tensorNamed(graph, name));
      const fused = fuse(graph, merged);
      expect(opNamed(fused, 'layer0').attributes.relu).toBe(1);
      expect(unwrittenReads(fused)).toEqual([]);
    }
  });

  test('the gradient of one parameter', () => {
    const graph = training([8]);
    observe(graph, graph.parameters[0]!.gradient);
    const fused = fuse(graph, inPlace);
    const kept = fused.ops.filter(({ name }) => /^layer0\.(weights|weight\.update)$/.test(name));
    expect(kernelsOf(kept)).toEqual(['dense_backward_weights', 'adamw']);
    expect(kernelsOf(fused.ops).filter((kernel) => kernel.endsWith('_adamw'))).toHaveLength(3);
  });

  test('all gradients at once, through their arena', () => {
    const graph = training([8]);
    nonfinite(graph, graph.arenas!.gradients);
    const fused = fuse(graph, inPlace);
    expect(kernelsOf(fused.ops).filter((kernel) => kernel.endsWith('_adamw'))).toEqual([]);
    expect(kernelsOf(fused.ops).filter((kernel) => kernel === 'adamw')).toHaveLength(4);
  });

  test('a frozen parameter: the updates of the others are not those of the whole arena', () => {
    const graph = training([8]);
    const frozen = graph.ops.filter(({ name }) => name !== 'layer0.weight.update');
    const fused = fuse({ ...graph, ops: frozen }, merged);
    expect(fused.ops.filter(({ kernel }) => kernel === 'adamw').map(({ name }) => name)).toEqual([
      'layer0.bias.update',
      'layer1.weight.update',
      'layer1.bias.update',
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
    expect(unfusedLayer0(fuse(graph, merged))).toEqual(unfusedLayer0(graph));
  });
});

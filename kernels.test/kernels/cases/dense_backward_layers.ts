import { layerAttributes, padded, type LayerCall } from '../../../src/kernels/index.js';
import { denseBackwardBiasBound, denseBackwardWeightsBound } from '../../bounds.js';
import { pad, type TestTensor } from '../../gpu-memory.js';
import { denseBackwardBias } from '../../reference/dense_backward_bias.js';
import { denseBackwardWeights } from '../../reference/dense_backward_weights.js';
import type { ProductCall, ProductOutput, ProductShape } from '../product-call.js';
import { perTrial, vector } from '../support.js';
import { gapBits, layOut } from './dense_backward_parameters.js';
import { expectedUpdate, number, stateOf, updateOutputs, updateSlot, type Optimizer } from './update.js';
import { imageBatch } from './image-batch.js';

/** Per trial. */
type Trials = readonly Float32Array[];

interface Layer extends LayerCall {
  readonly inputs: readonly (Float32Array | Float64Array)[];
  /** How far the device's inputs may lie from these; null: not at all. */
  readonly radius: readonly Float64Array[] | null;
  readonly gradients: Trials;
  /** Weights and bias, one behind the other, without padding. */
  readonly state: Readonly<Record<'w' | 'm' | 'v', Trials>>;
}

/**
 * Where x and dy of each layer lie: in the arenas that src/graph/fuse/layers.ts gives a network of three
 * layers, and there the first or the second of two. The first layer has images.
 */
const places = [
  { xArena: 0, x: 0, dyArena: 1, dy: 1 },
  { xArena: 0, x: 1, dyArena: 2, dy: 0 },
  { xArena: 1, x: 0, dyArena: 0, dy: 0 },
] as const;

const aligned = (length: number): number => Math.ceil(length / 64) * 64;

/**
 * A call of dense_backward_layers_adamw or _sgd, with its reference and bound: three layers, the first and
 * the last of rows x columns, the second of columns x rows.
 * @param present images in the batch, if it is a short one
 */
export function denseBackwardLayersCall(
  shape: ProductShape,
  optimizer: Optimizer,
  present = shape.inner,
): ProductCall {
  const { inner, trials } = shape;
  const batch = imageBatch(inner, shape.rows, trials, present);
  const layers = layersOf(shape, batch, present);
  const arenas = arenasOf(layers, shape);
  const state = stateOf[optimizer].map((name): [string, TestTensor] => {
    const data = perTrial(trials, (seed) => stateOfTrial(layers, name, seed / 1000));
    return [name, { ...vector('updates', data[0]!.length, data), partial: true }];
  });
  const reads = arenas.map((data, i): [string, TestTensor] => [
    `arena${i}`,
    vector('reads', data[0]!.length, data),
  ]);
  const [first, second] = layers;
  return {
    run: {
      kernel: `dense_backward_layers_${optimizer}`,
      tensors: { ...batch.tensors, ...Object.fromEntries(reads), ...Object.fromEntries(state) },
      attributes: { batch: inner, ...layerAttributes(layers) },
      trials,
      slots: batch.x.map((_, trial) => updateSlot(trial)),
      step: { ...batch.step, number },
      raw: batch.raw,
    },
    outputs: layers.flatMap((layer) => outputsOf(layer, inner, optimizer)),
    spoilRow: (row) => {
      arenas[second!.xArena]![0]![second!.x + row] = Number.NaN;
    },
    spoilColumn: (column) => {
      arenas[second!.dyArena]![0]![second!.dy + column] = Number.NaN;
    },
    gap: {
      name: 'w',
      start: padded(shape.rows) * padded(shape.columns),
      end: first!.bias,
      bits: gapBits,
    },
  };
}

function layersOf(
  { rows, inner, columns, trials, values }: ProductShape,
  batch: ReturnType<typeof imageBatch>,
  present: number,
): Layer[] {
  let end = 0;
  return places.map((place, n) => {
    const sides = n === 1 ? { rows: columns, columns: rows } : { rows, columns };
    const weights = end;
    const bias = weights + aligned(padded(sides.rows) * padded(sides.columns));
    end = bias + aligned(sides.columns);
    const made = (length: number, seed: number): Trials =>
      perTrial(trials, (trialSeed) => values(length, trialSeed + 10 * n + seed));
    const layer = (seed: number): Trials => made((sides.rows + 1) * sides.columns, seed);
    // The second of two tensors in an arena, each with a row for each sample.
    const behind = aligned(padded(inner) * padded(Math.max(rows, columns)));
    return {
      ...sides,
      ...place,
      x: place.x * behind,
      dy: place.dy * behind,
      weights,
      bias,
      inputs: n === 0 ? batch.x : made(inner * sides.rows, 1),
      radius: n === 0 ? batch.radius : null,
      // Of rows beyond a short batch, the loss makes gradients of 0.
      gradients: made(inner * sides.columns, 2).map((each) => each.fill(0, present * sides.columns)),
      state: { w: layer(3), m: layer(4), v: layer(5).map((each) => each.map((value) => value * value)) },
    };
  });
}

/** What lies in the arenas, per trial; NaN where nothing does. */
function arenasOf(layers: readonly Layer[], { inner, trials }: ProductShape): Trials[] {
  return [0, 1, 2].map((arena) =>
    Array.from({ length: trials }, (_, trial) => {
      const parts = layers.flatMap((layer, n) => [
        ...(n > 0 && layer.xArena === arena
          ? [{ at: layer.x, columns: layer.rows, values: layer.inputs[trial]! as Float32Array }]
          : []),
        ...(layer.dyArena === arena
          ? [{ at: layer.dy, columns: layer.columns, values: layer.gradients[trial]! }]
          : []),
      ]);
      const laid = parts.map(({ at, columns, values }) => ({
        at,
        words: pad(values, { rows: inner, columns }),
      }));
      const out = new Float32Array(Math.max(...laid.map(({ at, words }) => at + words.length))).fill(
        Number.NaN,
      );
      for (const { at, words } of laid) out.set(new Float32Array(words.buffer), at);
      return out;
    }),
  );
}

/** One of the arenas of parameters of a trial, with 1 between its parts. */
function stateOfTrial(layers: readonly Layer[], name: keyof Layer['state'], trial: number): Float32Array {
  const last = layers.at(-1)!;
  const out = new Float32Array(last.bias + padded(last.columns)).fill(1);
  for (const { rows, columns, weights, bias, state } of layers)
    out.set(layOut(state[name][trial]!, rows, columns, bias - weights), weights);
  return out;
}

function outputsOf(layer: Layer, inner: number, optimizer: Optimizer): ProductOutput[] {
  const { rows, columns, inputs, radius, gradients, state, weights, bias } = layer;
  const made = inputs.map((x, trial) => ({
    weights: denseBackwardWeights(x, gradients[trial]!, inner, rows, columns),
    weightsBound: denseBackwardWeightsBound(x, gradients[trial]!, inner, rows, columns, radius?.[trial]),
    bias: denseBackwardBias(gradients[trial]!, inner, columns),
    biasBound: denseBackwardBiasBound(gradients[trial]!, inner, columns),
  }));
  const updates = (kind: 'weights' | 'bias', first: number, end: number) =>
    made.map((gradient, trial) => {
      const [w, m, v] = [state.w, state.m, state.v].map((all) => all[trial]!.subarray(first, end));
      const [g, bound] = [gradient[kind], gradient[`${kind}Bound`]];
      return expectedUpdate(optimizer, trial, { w: w!, m: m!, v: v! }, g, bound);
    });
  const all = rows * columns;
  return [
    ...updateOutputs({ offset: weights, rows, columns }, updates('weights', 0, all)),
    ...updateOutputs({ offset: bias, rows: 1, columns }, updates('bias', all, all + columns)),
  ];
}

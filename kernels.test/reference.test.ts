import { describe, expect, it } from 'vitest';
import { streams } from '../src/base/philox.js';
import { integers, uniform } from './arrays.js';
import { centralDifferences, gradientMismatch } from './finite-differences.js';
import { adamw, type AdamState, type AdamWSettings } from './reference/adamw.js';
import { clipFactor, clipGradients, globalNorm } from './reference/clip_gradients.js';
import { confusion } from './reference/confusion.js';
import { denseBackwardBias } from './reference/dense_backward_bias.js';
import { denseBackwardInput } from './reference/dense_backward_input.js';
import { denseBackwardWeights } from './reference/dense_backward_weights.js';
import { denseForward } from './reference/dense_forward.js';
import { dropoutBackward } from './reference/dropout_backward.js';
import { dropoutForward } from './reference/dropout_forward.js';
import { type DropoutDraw, dropoutMask } from './reference/dropout_mask.js';
import { gather } from './reference/gather.js';
import { type Layer, networkPass } from './reference/network.js';
import { firstNonfinite } from './reference/nonfinite.js';
import type { Numbers } from './reference/numbers.js';
import { philox4x32 } from './reference/philox.js';
import { reduceMetrics } from './reference/reduce_metrics.js';
import { reluBackward } from './reference/relu_backward.js';
import { reluForward } from './reference/relu_forward.js';
import { sgd } from './reference/sgd.js';
import { softmaxCrossEntropy } from './reference/softmax_cross_entropy.js';

/** What two gradients may differ by, as a share of the largest element; see finite-differences.ts. */
const TOLERANCE = 1e-7;

const dot = (a: Float64Array, b: Numbers): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

const draw: DropoutDraw = { probability: 0.3, seed: [7, 0], step: 11, layer: 0, stream: streams.dropout };

/** A gradient as the reference gives it, and the function and point whose gradient it is. */
interface GradientCase {
  readonly name: string;
  readonly gradient: () => Float64Array;
  readonly f: (x: Float64Array) => number;
  readonly at: Numbers;
}

function singleKernelCases(): GradientCase[] {
  const [rows, inputs, outputs] = [5, 7, 3];
  const x = uniform(rows * inputs, 1);
  const w = uniform(inputs * outputs, 2);
  const b = uniform(outputs, 3);
  const c = uniform(rows * outputs, 4);
  const away = uniform(20, 5).map((value) => value + Math.sign(value) * 0.01);
  const c20 = uniform(20, 6);
  const logits = uniform(rows * 4, 7, -3, 3);
  const labels = integers(rows, 8, 4);
  return [
    {
      name: 'dense_backward_input',
      gradient: () => denseBackwardInput(c, w, rows, inputs, outputs),
      f: (at) => dot(denseForward(at, w, b, rows, inputs, outputs), c),
      at: x,
    },
    {
      name: 'dense_backward_weights',
      gradient: () => denseBackwardWeights(x, c, rows, inputs, outputs),
      f: (at) => dot(denseForward(x, at, b, rows, inputs, outputs), c),
      at: w,
    },
    {
      name: 'dense_backward_bias',
      gradient: () => denseBackwardBias(c, rows, outputs),
      f: (at) => dot(denseForward(x, w, at, rows, inputs, outputs), c),
      at: b,
    },
    {
      name: 'relu_backward',
      gradient: () => reluBackward(c20, away),
      f: (at) => dot(reluForward(at), c20),
      at: away,
    },
    {
      name: 'dropout_backward',
      gradient: () => dropoutBackward(c20, 4, 5, draw),
      f: (at) => dot(dropoutForward(at, 4, 5, draw), c20),
      at: away,
    },
    {
      name: 'softmax_cross_entropy',
      gradient: () => softmaxCrossEntropy(logits, labels, rows, 4).gradient,
      f: (at) => softmaxCrossEntropy(at, labels, rows, 4).losses.reduce((sum, loss) => sum + loss, 0) / rows,
      at: logits,
    },
  ];
}

/** Every gradient of a network of three layers, each as a case of its own. */
function networkCases(dropout: readonly DropoutDraw[] = []): GradientCase[] {
  const widths = [6, 9, 5, 4];
  const rows = 7;
  const x = uniform(rows * widths[0]!, 20);
  const labels = integers(rows, 21, 4);
  const layers = widths.slice(1).map((outputs, index): Layer => {
    const inputs = widths[index]!;
    return {
      inputs,
      outputs,
      weights: uniform(inputs * outputs, 22 + index),
      bias: uniform(outputs, 32 + index),
    };
  });
  const loss = (index: number, change: Partial<Layer>): number => {
    const changed = layers.map((layer, i) => (i === index ? { ...layer, ...change } : layer));
    return networkPass(changed, { x, labels, rows }, { dropout }).loss;
  };
  const pass = networkPass(layers, { x, labels, rows }, { dropout });
  // A difference across the kink of a ReLU is not a derivative: every hidden value must be further from it
  // than h moves it.
  const hidden = pass.preactivations.slice(0, -1).flatMap((z) => [...z]);
  expect(Math.min(...hidden.map(Math.abs))).toBeGreaterThan(1e-3);
  return layers.flatMap((layer, index) => [
    {
      name: `weights of layer ${index + 1}`,
      gradient: () => pass.gradients[index]!.weights,
      f: (at: Float64Array) => loss(index, { weights: at }),
      at: layer.weights,
    },
    {
      name: `bias of layer ${index + 1}`,
      gradient: () => pass.gradients[index]!.bias,
      f: (at: Float64Array) => loss(index, { bias: at }),
      at: layer.bias,
    },
  ]);
}

describe.each([
  { of: 'each kernel', cases: singleKernelCases() },
  { of: 'a network of three layers', cases: networkCases() },
  { of: 'a network with dropout', cases: networkCases([draw]) },
  {
    of: 'a network with dropout after every hidden layer',
    cases: networkCases([draw, { ...draw, probability: 0.2, layer: 1 }]),
  },
])('reference gradients of $of', ({ cases }) => {
  it.each(cases)('$name: equals central differences', ({ gradient, f, at }) => {
    expect(gradientMismatch(gradient(), centralDifferences(f, at))).toBeLessThan(TOLERANCE);
  });

  it.each(cases)('$name: the check sees a gradient that is 1.001 times too large', ({ gradient, f, at }) => {
    const scaled = gradient().map((value) => 1.001 * value);
    expect(gradientMismatch(scaled, centralDifferences(f, at))).toBeGreaterThan(1000 * TOLERANCE);
  });
});

describe('gradientMismatch', () => {
  it('is Infinity for NaN, for nothing, and for lengths that differ', () => {
    expect(gradientMismatch(Float64Array.of(Number.NaN, 1), Float64Array.of(1, 1))).toBe(Infinity);
    expect(gradientMismatch(Float64Array.of(1), Float64Array.of(1, 1))).toBe(Infinity);
    expect(gradientMismatch(Float64Array.of(), Float64Array.of())).toBe(Infinity);
  });
});

describe('gather', () => {
  it('takes the named images, in order, as shares of 255', () => {
    const pixels = Uint8Array.of(0, 51, 102, 153, 204, 255);
    expect([...gather(pixels, [2, 0, 2], 2)]).toEqual([0.8, 1, 0, 0.2, 0.8, 1]);
  });

  it('refuses an image that is not there', () => {
    expect(() => gather(new Uint8Array(6), [3], 2)).toThrow(/indices\[0\] is 3; there are 3 images/);
  });
});

describe('dense', () => {
  const x = [1, 2, 3, 4, 5, 6];
  const w = [1, -1, 2, 0, 0, 3];
  const dy = [1, 10, 100, 1000];

  it('forward is x w + b', () => {
    expect([...denseForward(x, w, [0.5, -0.5], 2, 3, 2)]).toEqual([5.5, 7.5, 14.5, 13.5]);
  });

  it('backward is dy wᵀ, xᵀ dy and the column sums of dy', () => {
    expect([...denseBackwardInput(dy, w, 2, 3, 2)]).toEqual([-9, 2, 30, -900, 200, 3000]);
    expect([...denseBackwardWeights(x, dy, 2, 3, 2)]).toEqual([401, 4010, 502, 5020, 603, 6030]);
    expect([...denseBackwardBias(dy, 2, 2)]).toEqual([101, 1010]);
  });

  it('refuses tensors that do not have the elements of their shape', () => {
    expect(() => denseForward(x, w, [0], 2, 3, 2)).toThrow('b has 1 elements; its shape [2] needs 2');
  });
});

describe('relu', () => {
  it('is 0 with derivative 0 at and below 0', () => {
    expect([...reluForward([-2, -0, 0, 1e-40, 3])]).toEqual([0, 0, 0, 1e-40, 3]);
    expect([...reluBackward([5, 5, 5, 5, 5], [-2, -0, 0, 1e-40, 3])]).toEqual([0, 0, 0, 5, 5]);
  });
});

describe('dropout', () => {
  it('reads one Philox block per four neighbouring columns, and starts a new one with each row', () => {
    const mask = dropoutMask(3, 6, draw);
    const words = (quad: number): number[] => [...philox4x32([quad, 11, 0, streams.dropout], [7, 0])];
    const drawn = [0, 2, 4].flatMap((quad) => [...words(quad), ...words(quad + 1).slice(0, 2)]);
    expect([...mask]).toEqual(drawn.map((word) => (word / 2 ** 32 >= 0.3 ? 1 : 0)));
  });

  it('scales what it keeps by 1 / (1 - p), and drops the same elements forward and backward', () => {
    const x = uniform(8 * 13, 40, 1, 2);
    const mask = dropoutMask(8, 13, draw);
    const y = dropoutForward(x, 8, 13, draw);
    expect([...y]).toEqual([...x].map((value, i) => (mask[i] === 1 ? value / (1 - 0.3) : 0)));
    expect([...dropoutBackward(x, 8, 13, draw)]).toEqual([...y]);
  });

  it.each([0.1, 0.3, 0.5, 0.9])('keeps a share of 1 - %d, within five standard deviations', (probability) => {
    const n = 128 * 256;
    const kept = dropoutMask(128, 256, { ...draw, probability }).reduce((sum, keep) => sum + keep, 0);
    const deviation = Math.sqrt(n * probability * (1 - probability));
    expect(Math.abs(kept - n * (1 - probability))).toBeLessThan(5 * deviation);
  });

  it('keeps everything at p = 0, and refuses p = 1', () => {
    expect(dropoutMask(4, 5, { ...draw, probability: 0 })).toEqual(new Uint8Array(20).fill(1));
    expect(() => dropoutMask(4, 5, { ...draw, probability: 1 })).toThrow(/must lie in \[0, 1\)/);
  });

  it.each([
    { what: 'seed, low word', other: { seed: [8, 0] as const } },
    { what: 'seed, high word', other: { seed: [7, 1] as const } },
    { what: 'step', other: { step: 12 } },
    { what: 'layer', other: { layer: 1 } },
  ])('gives an independent mask for another $what', ({ other }) => {
    const n = 64 * 64;
    const half = { ...draw, probability: 0.5 };
    const mask = dropoutMask(64, 64, half);
    const changed = dropoutMask(64, 64, { ...half, ...other });
    const equal = mask.reduce((sum, keep, i) => sum + (keep === changed[i] ? 1 : 0), 0);
    expect(Math.abs(equal - n / 2)).toBeLessThan(5 * Math.sqrt(n / 4));
  });
});

describe('softmax_cross_entropy', () => {
  it('gives log(classes) and a uniform softmax for equal logits, and predicts the first of equals', () => {
    const { losses, gradient, predicted } = softmaxCrossEntropy([2, 2, 2, 2], [3], 1, 4);
    expect(losses[0]).toBeCloseTo(Math.log(4), 15);
    expect([...gradient]).toEqual([0.25, 0.25, 0.25, -0.75]);
    expect(predicted[0]).toBe(0);
  });

  it('survives logits far apart: the loss is their distance', () => {
    const { losses, gradient, predicted } = softmaxCrossEntropy([1e30, -1e30, 1e30, -1e30], [1, 0], 2, 2);
    expect([...losses]).toEqual([2e30, 0]);
    expect([...gradient]).toEqual([0.5, -0.5, 0, 0]);
    expect([...predicted]).toEqual([0, 0]);
  });

  it('refuses a label that is no class', () => {
    expect(() => softmaxCrossEntropy([0, 0], [2], 1, 2)).toThrow('labels[0] is 2; there are 2 classes');
  });
});

describe('reduce_metrics, confusion and nonfinite', () => {
  it('sum losses and count correct rows', () => {
    expect(reduceMetrics([0.5, 1, 2], [1, 0, 2], [1, 1, 2])).toEqual({ loss: 3.5, correct: 2 });
  });

  it('count pairs of actual and predicted class', () => {
    expect([...confusion([1, 0, 1, 1], [1, 1, 0, 1], 2)]).toEqual([0, 1, 1, 2]);
    expect(() => confusion([2], [0], 2)).toThrow(/row 0 has label 0 and prediction 2 of 2 classes/);
  });

  it('find the first NaN or infinity, not huge or denormal values', () => {
    const first = (...values: number[]): number => firstNonfinite(Float32Array.from(values));
    expect(first(1, 3.4e38, 1e-45, Number.NaN, Infinity, -Infinity)).toBe(3);
    expect([first(0, Infinity), first(-Infinity), first(3.4e38, 1e-45)]).toEqual([1, 0, -1]);
  });
});

describe('adamw', () => {
  const settings: AdamWSettings = {
    learningRate: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
    decay: 'decoupled',
    step: 1,
  };
  const zeros = [0, 0, 0];

  it('moves by lr * g / (|g| + ε) on its first step', () => {
    const g = [0.5, -2, 0];
    const { p, m, v } = adamw([1, 1, 1], g, zeros, zeros, settings);
    g.forEach((gradient, i) => {
      expect(p[i]).toBeCloseTo(1 - (0.01 * gradient) / (Math.abs(gradient) + 1e-8), 14);
      expect(m[i]).toBeCloseTo(0.1 * gradient, 15);
      expect(v[i]).toBeCloseTo(0.001 * gradient * gradient, 15);
    });
  });

  it('corrects its moments so that a constant gradient always moves by the same', () => {
    let state: AdamState = { p: Float64Array.of(0), m: Float64Array.of(0), v: Float64Array.of(0) };
    const move = (0.01 * 3) / (3 + settings.epsilon);
    for (let step = 1; step <= 50; step++) {
      state = adamw(state.p, [3], state.m, state.v, { ...settings, step });
      expect(state.p[0]).toBeCloseTo(-move * step, 12);
    }
  });

  it('decays by lr * λ * p when decoupled, apart from the gradient', () => {
    const { p, m } = adamw([1, -2, 4], zeros, zeros, zeros, { ...settings, weightDecay: 0.5 });
    expect([...p]).toEqual([1, -2, 4].map((value) => value - 0.005 * value));
    expect([...m]).toEqual(zeros);
  });

  it('adds λ * p to the gradient when coupled', () => {
    const coupled = { ...settings, weightDecay: 0.5, decay: 'l2' } as const;
    const plain = adamw([1, -2, 4], [0.75, 0, 3], [1, 2, 3], [4, 5, 6], settings);
    expect(adamw([1, -2, 4], [0.25, 1, 1], [1, 2, 3], [4, 5, 6], coupled)).toEqual(plain);
  });
});

describe('sgd', () => {
  const settings = { learningRate: 0.5, momentum: 0.5, weightDecay: 0, decay: 'l2' } as const;

  it('moves by lr * g on its first step, and by all that its buffer has kept on the next', () => {
    const first = sgd([1, -2], [4, 8], [0, 0], settings);
    expect(first).toEqual({ p: Float64Array.of(-1, -6), m: Float64Array.of(4, 8) });
    expect(sgd(first.p, [0, 2], first.m, settings)).toEqual({
      p: Float64Array.of(-2, -9),
      m: Float64Array.of(2, 6),
    });
  });

  it('adds λ * p to the gradient when coupled, and shrinks by lr * λ * p when decoupled', () => {
    const coupled = sgd([4], [1], [0], { ...settings, weightDecay: 0.25 });
    expect(coupled).toEqual({ p: Float64Array.of(3), m: Float64Array.of(2) });
    const decoupled = sgd([4], [1], [0], { ...settings, weightDecay: 0.25, decay: 'decoupled' });
    expect(decoupled).toEqual({ p: Float64Array.of(3), m: Float64Array.of(1) });
  });
});

describe('clip_gradients', () => {
  it('scales all gradients by the norm over all of them, and only down', () => {
    expect(globalNorm([[3], [0, 4]])).toBe(5);
    const clipped = clipGradients([[3], [0, 4]], 2.5);
    expect(clipped.flatMap((each) => [...each]).map((value) => value.toFixed(5))).toEqual([
      '1.50000',
      '0.00000',
      '2.00000',
    ]);
    expect(clipGradients([[3, 4]], 6)).toEqual([Float64Array.of(3, 4)]);
    expect(clipGradients([[3, 4]], null)).toEqual([Float64Array.of(3, 4)]);
  });

  it('has the 1e-6 of PyTorch, and what is not finite stays so', () => {
    expect(clipFactor(0, 1e-7)).toBeCloseTo(0.1, 12);
    expect(clipFactor(1, 1)).toBeLessThan(1);
    expect(clipFactor(Infinity, 1)).toBe(Infinity);
    expect(clipFactor(Number.NaN, 1)).toBeNaN();
  });
});

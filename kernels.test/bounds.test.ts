import { describe, expect, it } from 'vitest';
import { integers, uniform } from './arrays.js';
import * as bounds from './bounds.js';
import { expectWithin } from './compare.js';
import { adamw, type AdamWSettings } from './reference/adamw.js';
import { clipGradients } from './reference/clip_gradients.js';
import { denseForward } from './reference/dense_forward.js';
import { gather } from './reference/gather.js';
import type { Numbers } from './reference/numbers.js';
import { sgd, type SgdSettings } from './reference/sgd.js';
import { softmaxCrossEntropy } from './reference/softmax_cross_entropy.js';

const f32 = Math.fround;
const flush = (x: number): number => (Math.abs(x) < bounds.tiny ? 0 : x);

/** Ways in which a device may add up a dot product in f32. */
const dotProducts: Record<string, (a: Numbers, b: Numbers, start: number) => number> = {
  'in order': (a, b, start) => {
    let sum = start;
    for (let i = 0; i < a.length; i++) sum = f32(sum + f32(a[i]! * b[i]!));
    return sum;
  },
  'in order with fma': (a, b, start) => {
    let sum = start;
    for (let i = 0; i < a.length; i++) sum = f32(sum + a[i]! * b[i]!);
    return sum;
  },
  'backwards, the bias last': (a, b, start) => {
    let sum = 0;
    for (let i = a.length - 1; i >= 0; i--) sum = f32(sum + f32(a[i]! * b[i]!));
    return f32(sum + start);
  },
  'in eight partial sums': (a, b, start) => {
    const partial = new Float32Array(8);
    for (let i = 0; i < a.length; i++) partial[i % 8] = f32(partial[i % 8]! + f32(a[i]! * b[i]!));
    return partial.reduce((sum, value) => f32(sum + value), start);
  },
  'flushing denormals': (a, b, start) => {
    let sum = flush(start);
    for (let i = 0; i < a.length; i++) sum = flush(f32(sum + flush(f32(flush(a[i]!) * flush(b[i]!)))));
    return sum;
  },
};

describe('bound of a dense layer', () => {
  const [rows, outputs] = [3, 4];
  const inputsOf: Record<string, (n: number, seed: number) => Float32Array> = {
    'around 0': (n, seed) => uniform(n, seed),
    'all positive': (n, seed) => uniform(n, seed, 0.5, 1),
    huge: (n, seed) => uniform(n, seed, -1e17, 1e17),
    'around the smallest normal': (n, seed) => uniform(n, seed).map((x, i) => x * [1e-19, 1e-38, 10][i % 3]!),
  };
  const cases = [1, 2, 31, 784].flatMap((inputs) => Object.keys(inputsOf).map((kind) => ({ inputs, kind })));

  describe.each(Object.entries(dotProducts))('holds %s', (_, dotProduct) => {
    it.each(cases)('for $inputs inputs $kind', ({ inputs, kind }) => {
      const make = inputsOf[kind]!;
      const [x, w, b] = [make(rows * inputs, 1), make(inputs * outputs, 2), make(outputs, 3)];
      const actual = Float32Array.from({ length: rows * outputs }, (_, index) => {
        const row = Math.floor(index / outputs);
        const column = Array.from({ length: inputs }, (_, i) => w[i * outputs + (index % outputs)]!);
        return dotProduct(x.subarray(row * inputs, (row + 1) * inputs), column, b[index % outputs]!);
      });
      const exact = denseForward(x, w, b, rows, inputs, outputs);
      const bound = bounds.denseForwardBound(x, w, b, rows, inputs, outputs);
      expectWithin(actual, exact, bound, 'y');
    });
  });

  describe.each(Object.entries(dotProducts))('of images holds for bytes added up %s', (_, dotProduct) => {
    it.each(cases)('and divided once: $inputs inputs, weights $kind', ({ inputs, kind }) => {
      const make = inputsOf[kind]!;
      const bytes = Uint8Array.from(integers(inputs, 1, 256));
      const [w, b] = [make(inputs, 2), make(1, 3)];
      const sum = dotProduct(bytes, w, 0);
      const x = gather(bytes, [0], inputs);
      const exact = denseForward(x, w, b, 1, inputs, 1);
      const bound = bounds.denseForwardBound(x, w, b, 1, inputs, 1, bounds.gatherBound(x));
      // Correctly rounded, by the rounded 1/255, and as far off as WGSL allows.
      for (const quotient of [sum / 255, sum * f32(1 / 255), (sum / 255) * (1 - bounds.divisionError)]) {
        const y = f32(f32(flush(quotient)) + b[0]!);
        expectWithin(Float32Array.of(y), exact, bound, 'y');
      }
    });
  });

  it('is a few ULP of the terms per input, and no more', () => {
    const inputs = 784;
    const [x, w, b] = [uniform(inputs, 1), uniform(inputs, 2), uniform(1, 3)];
    const terms = x.reduce((sum, value, i) => sum + Math.abs(value * w[i]!), Math.abs(b[0]!));
    const [bound] = bounds.denseForwardBound(x, w, b, 1, inputs, 1);
    expect(bound! / (terms * (inputs + 1) * bounds.u)).toBeCloseTo(1, 3);
  });

  it('adds the radius of an input, weighted', () => {
    const without = bounds.denseForwardBound([2], [3], [0], 1, 1, 1)[0]!;
    const radius = bounds.denseForwardBound([2], [3], [0], 1, 1, 1, [0.5])[0]! - without;
    expect(radius).toBeCloseTo(1.5, 5);
  });

  it('of a single row is exact for the bias gradient, up to the rounding of the product with one', () => {
    expect(bounds.denseBackwardBiasBound([3], 1, 1)[0]! / 3).toBeLessThanOrEqual(bounds.gamma(1) * 1.001);
  });
});

describe('bound of gather', () => {
  it('holds for a division and for a product with 1/255, for every byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const exact = gather(bytes, [0], 256);
    const bound = bounds.gatherBound(exact);
    expectWithin(Float32Array.from(exact), exact, bound, 'division');
    expectWithin(
      Float32Array.from(bytes, (byte) => byte * f32(1 / 255)),
      exact,
      bound,
      'product',
    );
  });
});

describe('bound of relu', () => {
  it('is 0 where the sign is certain, and the whole gradient where it is not', () => {
    const dy = [5, 5, 5, 5, 5];
    const y = [-1, 0, 1e-39, 0.5, 2];
    expect([...bounds.reluForwardBound(y)]).toEqual([0, 0, 1e-39, 0, 0]);
    expect([...bounds.reluBackwardBound(dy, y)]).toEqual([0, 0, 5, 0, 0]);
    expect([...bounds.reluBackwardBound(dy, y, undefined, [1, 1, 1, 1, 1])]).toEqual([0, 5, 5, 5, 0]);
  });
});

describe('bound of dropout', () => {
  it('holds for a product with the rounded scale, and is 0 where dropped', () => {
    const x = uniform(100, 1);
    const mask = integers(100, 2, 2);
    const exact = Float64Array.from(x, (value, i) => (mask[i] === 1 ? value / 0.7 : 0));
    const actual = x.map((value, i) => (mask[i] === 1 ? value * f32(1 / 0.7) : 0));
    const bound = bounds.dropoutBound(x, mask, 0.3);
    expectWithin(actual, exact, bound, 'y');
    expect(bound.every((value, i) => (mask[i] === 1) === value > 0)).toBe(true);
    expect(Math.max(...bound)).toBeLessThan(4 * bounds.u);
  });
});

describe('bound of softmax_cross_entropy', () => {
  /** The kernel's formula with every operation rounded to f32. */
  function simulated(
    logits: Float32Array,
    labels: Numbers,
    rows: number,
    classes: number,
  ): [Float32Array, Float32Array] {
    const losses = new Float32Array(rows);
    const gradient = new Float32Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const z = logits.subarray(row * classes, (row + 1) * classes);
      const d = z.map((value) => value - Math.max(...z));
      const e = d.map((value) => Math.exp(value));
      const sum = e.reduce((total, value) => f32(total + value), 0);
      losses[row] = f32(Math.log(sum)) - d[labels[row]!]!;
      e.forEach((value, j) => {
        const difference = f32(f32(value / sum) - (j === labels[row] ? 1 : 0));
        gradient[row * classes + j] = difference * f32(1 / rows);
      });
    }
    return [losses, gradient];
  }

  it.each([
    { scale: 0, classes: 10 },
    { scale: 1e-3, classes: 10 },
    { scale: 5, classes: 10 },
    { scale: 5, classes: 1 },
    { scale: 60, classes: 3 },
    { scale: 1e4, classes: 10 },
    { scale: 1e30, classes: 4 },
  ])('holds for $classes logits in ±$scale', ({ scale, classes }) => {
    const rows = 50;
    const logits = uniform(rows * classes, 3, -scale, scale);
    const labels = integers(rows, 4, classes);
    const exact = softmaxCrossEntropy(logits, labels, rows, classes);
    const bound = bounds.crossEntropyBound({ logits, labels, rows, classes });
    const [losses, gradient] = simulated(logits, labels, rows, classes);
    expectWithin(losses, exact.losses, bound.losses, 'losses');
    expectWithin(gradient, exact.gradient, bound.gradient, 'gradient');
  });

  it('is some ULP of a loss and of a softmax near 1', () => {
    const logits = uniform(40, 5);
    const labels = integers(4, 6, 10);
    const { losses, gradient } = bounds.crossEntropyBound({ logits, labels, rows: 4, classes: 10 });
    expect(Math.max(...losses)).toBeLessThan(40 * bounds.u);
    expect(Math.max(...gradient)).toBeLessThan((30 * bounds.u) / 4);
  });

  it('contains every result for logits within their radius', () => {
    const logits = uniform(60, 7, -2, 2);
    const labels = integers(6, 8, 10);
    const radius = new Float64Array(60).fill(0.25);
    const exact = softmaxCrossEntropy(logits, labels, 6, 10);
    const bound = bounds.crossEntropyBound({ logits, labels, rows: 6, classes: 10, radius });
    for (let seed = 10; seed < 60; seed++) {
      const sign = integers(60, seed, 2);
      const moved = Float64Array.from(logits, (z, i) => z + (sign[i] === 1 ? 0.25 : -0.25));
      const { losses, gradient } = softmaxCrossEntropy(moved, labels, 6, 10);
      expectWithin(losses, exact.losses, bound.losses, 'losses');
      expectWithin(gradient, exact.gradient, bound.gradient, 'gradient');
    }
  });
});

describe('bound of sums', () => {
  it('holds in order, as a tree and compensated, each with its own count of roundings', () => {
    const values = uniform(4096, 9, 0, 3);
    const exact = values.reduce((sum, value) => sum + value, 0);
    const inOrder = values.reduce((sum, value) => f32(sum + value), 0);
    let level = [...values];
    while (level.length > 1)
      level = Array.from({ length: level.length / 2 }, (_, i) => f32(level[2 * i]! + level[2 * i + 1]!));
    let [kahan, lost] = [0, 0];
    for (const value of values) {
      const corrected = f32(value - lost);
      const next = f32(kahan + corrected);
      lost = f32(f32(next - kahan) - corrected);
      kahan = next;
    }
    expect(Math.abs(inOrder - exact)).toBeLessThanOrEqual(bounds.sumBound(values));
    expect(Math.abs(level[0]! - exact)).toBeLessThanOrEqual(bounds.sumBound(values, 12));
    expect(Math.abs(kahan - exact)).toBeLessThanOrEqual(bounds.compensatedSumBound(values));
    expect(bounds.compensatedSumBound(values)).toBeLessThan(2.1 * bounds.u * exact);
  });
});

describe('bound of adamw', () => {
  /** shaders/lib/adamw.wgsl with every operation rounded to f32. */
  function simulated(p: number, g: number, m: number, v: number, s: AdamWSettings): [number, number, number] {
    const rate = f32(f32(s.learningRate) * f32(1 / (1 - s.beta1 ** s.step)));
    const correction = f32(1 / Math.sqrt(1 - s.beta2 ** s.step));
    const coupled = s.decay === 'l2' ? f32(s.weightDecay) : 0;
    const shrink = s.decay === 'l2' ? 1 : f32(1 - s.learningRate * s.weightDecay);
    const gradient = f32(g + f32(coupled * p));
    const first = f32(f32(f32(s.beta1) * m) + f32(f32(1 - s.beta1) * gradient));
    const second = f32(f32(f32(s.beta2) * v) + f32(f32(f32(1 - s.beta2) * gradient) * gradient));
    const denominator = f32(f32(f32(Math.sqrt(second)) * correction) + f32(s.epsilon));
    return [f32(f32(shrink * p) - f32(f32(rate * first) / denominator)), first, second];
  }

  const scales = [1, 1e-8, 1e-22, 1e6, 0];
  const cases = (['decoupled', 'l2'] as const).flatMap((decay) =>
    [1e-3, 10].flatMap((learningRate) =>
      [1, 2, 1000].flatMap((step) => scales.map((scale) => ({ decay, learningRate, step, scale }))),
    ),
  );

  it.each(cases)('holds for $decay, lr $learningRate, step $step, gradients in ±$scale', (given) => {
    const n = 200;
    const settings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.05, ...given };
    const p = uniform(n, 1);
    const g = uniform(n, 2).map((value) => value * given.scale);
    const m = uniform(n, 3).map((value) => (given.step === 1 ? 0 : value * given.scale));
    const v = uniform(n, 4).map((value) => (given.step === 1 ? 0 : (value * given.scale) ** 2));
    const exact = adamw(p, g, m, v, settings);
    const bound = bounds.adamwBound(p, g, m, v, settings);
    const actual = Array.from(p, (_, i) => simulated(p[i]!, g[i]!, m[i]!, v[i]!, settings));
    expectWithin(
      actual.map((state) => state[0]),
      exact.p,
      bound.p,
      'p',
    );
    expectWithin(
      actual.map((state) => state[1]),
      exact.m,
      bound.m,
      'm',
    );
    expectWithin(
      actual.map((state) => state[2]),
      exact.v,
      bound.v,
      'v',
    );
  });

  it('is some ULP of the parameter and of its update', () => {
    const settings = {
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
    } as const;
    const p = uniform(100, 1, 0.5, 1);
    const g = uniform(100, 2);
    const zeros = new Float32Array(100);
    const bound = bounds.adamwBound(p, g, zeros, zeros, { ...settings, decay: 'decoupled', step: 1 });
    // p itself: the product with shrink (2u) and the last rounding; the update of 1e-3 adds little.
    expect(Math.max(...bound.p)).toBeLessThan(3.1 * bounds.u);
  });

  it('contains the steps of every gradient within its radius', () => {
    const settings = {
      learningRate: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
    } as const;
    const n = 100;
    const [p, g] = [uniform(n, 1), uniform(n, 2, -1e-3, 1e-3)];
    const zeros = new Float32Array(n);
    const radius = new Float64Array(n).fill(1e-4);
    for (const decay of ['decoupled', 'l2'] as const) {
      const exact = adamw(p, g, zeros, zeros, { ...settings, decay, step: 1 });
      const bound = bounds.adamwBound(p, g, zeros, zeros, { ...settings, decay, step: 1 }, radius);
      for (const share of [-1, -0.5, 0.5, 1]) {
        const moved = adamw(
          p,
          g.map((value) => value + share * 1e-4),
          zeros,
          zeros,
          { ...settings, decay, step: 1 },
        );
        expectWithin(moved.p, exact.p, bound.p, 'p');
        expectWithin(moved.m, exact.m, bound.m, 'm');
        expectWithin(moved.v, exact.v, bound.v, 'v');
      }
    }
  });
});

describe('bound of sgd', () => {
  /** shaders/lib/sgd.wgsl with every operation rounded to f32. */
  function simulated(p: number, g: number, m: number, s: SgdSettings): [number, number] {
    const coupled = s.decay === 'l2' ? f32(s.weightDecay) : 0;
    const shrink = s.decay === 'l2' ? 1 : f32(1 - s.learningRate * s.weightDecay);
    const velocity = f32(f32(f32(s.momentum) * m) + f32(g + f32(coupled * p)));
    return [f32(f32(shrink * p) - f32(f32(s.learningRate) * velocity)), velocity];
  }

  const cases = (['decoupled', 'l2'] as const).flatMap((decay) =>
    [1e-3, 10].flatMap((learningRate) =>
      [0, 0.9].flatMap((momentum) =>
        [1, 1e-22, 1e6, 0].map((scale) => ({ decay, learningRate, momentum, scale })),
      ),
    ),
  );

  it.each(cases)('holds for $decay, lr $learningRate, momentum $momentum, gradients in ±$scale', (given) => {
    const settings = { weightDecay: 0.05, ...given };
    const [p, g, m] = [uniform(200, 1), uniform(200, 2), uniform(200, 3)];
    const scaled = g.map((value) => value * given.scale);
    const exact = sgd(p, scaled, m, settings);
    const bound = bounds.sgdBound(p, scaled, m, settings);
    const actual = Array.from(p, (_, i) => simulated(p[i]!, scaled[i]!, m[i]!, settings));
    const column = (which: 0 | 1): number[] => actual.map((state) => state[which]);
    expectWithin(column(0), exact.p, bound.p, 'p');
    expectWithin(column(1), exact.m, bound.m, 'm');
    const largest = Math.max(...exact.m.map(Math.abs));
    expect(Math.max(...bound.m)).toBeLessThan(20 * bounds.u * largest + 4 * bounds.tiny);
  });
});

describe('bound of clipping', () => {
  it.each([1e-7, 0.5, 10, 1e6])(
    'holds for a norm of at most %d, and is a small share of the gradient',
    (max) => {
      const g = uniform(1000, 1);
      const [exact] = clipGradients([g], max);
      const norm = f32(Math.sqrt(g.reduce((sum, value) => f32(sum + f32(value * value)), 0)));
      const factor = Math.min(1, f32(f32(max) / f32(norm + f32(1e-6))));
      const bound = bounds.clipBound(g, max);
      expectWithin(
        g.map((value) => factor * value),
        exact!,
        bound,
        'clipped',
      );
      expect(Math.max(...bound)).toBeLessThan(300 * bounds.u * Math.max(...exact!.map(Math.abs)));
    },
  );

  it('contains every result for gradients within their radius', () => {
    const g = uniform(50, 1);
    const radius = new Float64Array(50).fill(0.01);
    const [exact] = clipGradients([g], 1);
    const bound = bounds.clipBound(g, 1, radius);
    for (let seed = 10; seed < 60; seed++) {
      const sign = integers(50, seed, 2);
      const [moved] = clipGradients([g.map((value, i) => value + (sign[i] === 1 ? 0.0099 : -0.0099))], 1);
      expectWithin(moved!, exact!, bound, 'clipped');
    }
  });
});

/** Faults planted into the shaders, one at a time: the checks of the kernel tests must find each. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type * as Registry from '../../src/kernels/registry.js';
import { integers, uniform } from '../arrays.js';
import { runKernel } from '../gpu-harness.js';
import { adamwCase, type AdamwOperands, differentRates, randomOperands } from './cases/adamw.js';
import { confusionCase } from './cases/confusion.js';
import { denseBackwardInputCall } from './cases/dense_backward_input.js';
import { denseBackwardWeightsCall } from './cases/dense_backward_weights.js';
import { denseForwardCall } from './cases/dense_forward.js';
import { differentTrials, dropoutCase } from './cases/dropout.js';
import { gatherCase, randomSamples } from './cases/gather.js';
import { nonfiniteCase } from './cases/nonfinite.js';
import { reduceMetricsCase } from './cases/reduce_metrics.js';
import { reluBackwardCase, reluForwardCase } from './cases/relu.js';
import { softmaxCase } from './cases/softmax_cross_entropy.js';
import { expectCase, type KernelCase } from './kernel-case.js';
import { compare, type ProductCall } from './product-call.js';
import { useGpu } from './support.js';

/** What is replaced in the text of every shader; null leaves them as they are. */
const fault = vi.hoisted(() => ({
  current: null as readonly [text: string, instead: string] | null,
  planted: 0,
}));

vi.mock('../../src/kernels/registry.js', async (importOriginal) => {
  const original = await importOriginal<typeof Registry>();
  return {
    ...original,
    kernelSource: (...args: Parameters<typeof original.kernelSource>) => {
      const source = original.kernelSource(...args);
      if (fault.current === null) return source;
      const code = source.code.replace(...fault.current);
      if (code !== source.code) fault.planted++;
      return { ...source, code };
    },
  };
});

const gpu = useGpu();
afterEach(() => {
  fault.current = null;
  fault.planted = 0;
});

/** Runs a kernel and compares it, as the tests of that kernel do. */
type Check = () => Promise<unknown>;
type Faults = readonly (readonly [what: string, text: string, instead: string])[];

const caseCheck =
  (make: () => KernelCase): Check =>
  () =>
    expectCase(gpu(), make(), 'with a fault');
const productCheck =
  (make: () => ProductCall): Check =>
  async () => {
    const call = make();
    compare(
      call,
      await runKernel(gpu(), { ...call.run, traits: gpu().traits }),
      'with a fault',
      () => undefined,
    );
  };

const trialsOf = <T>(make: (seed: number) => T): T[] => [1, 2, 3].map(make);
const shape = { rows: 5, columns: 13, vector: false };
const product = {
  rows: 9,
  inner: 21,
  columns: 13,
  trials: 2,
  values: (n: number, seed: number) => uniform(n, seed),
};
const random = (seed: number): Float32Array => uniform(65, seed);

function sparse(seed: number): AdamwOperands {
  const [operands, empty] = [randomOperands(65, seed), new Float32Array(65)];
  // Half of the elements have had no gradient yet.
  return {
    g: operands.g.map((value, i) => (i % 2 === 0 ? value : 0)),
    w: operands.w,
    m: empty,
    v: empty,
  };
}

const kernels: Readonly<Record<string, { readonly check: Check; readonly faults: Faults }>> = {
  gather: {
    check: caseCheck(() => gatherCase(randomSamples(20, 15, 21, 3), 6, 5, 8)),
    faults: [
      ['another divisor', '/ 255.0', '/ 256.0'],
      ['the start of the list', 'step.offset + row', 'row'],
      ['rows behind the batch', 'row >= step.rows', 'row > step.rows'],
      ['bytes in another order', 'vec4u(0u, 8u, 16u, 24u)', 'vec4u(24u, 16u, 8u, 0u)'],
    ],
  },
  dense_forward: {
    check: productCheck(() => denseForwardCall(product, { fused: 'relu and dropout' })),
    faults: [
      ['no bias', 'sum + b[', 'sum + 0.0 * b['],
      [
        'the stride of trials',
        'w_base = trial.index * params.w_stride',
        'w_base = trial.index * 4u * inner4 * columns4',
      ],
      ['a row that is not written', 'i >= rows ||', 'i + 1u >= rows ||'],
    ],
  },
  dense_backward_input: {
    check: productCheck(() => denseBackwardInputCall(product)),
    faults: [['a row of w too far', 'return w_base + r * inner4;', 'return w_base + (r + 1u) * inner4;']],
  },
  dense_backward_weights: {
    check: productCheck(() => denseBackwardWeightsCall(product)),
    faults: [['a batch that ends early', 'let rounds = params.inner4;', 'let rounds = params.inner4 - 1u;']],
  },
  relu_forward: {
    check: caseCheck(() => reluForwardCase(shape, trialsOf(random))),
    faults: [
      ['no threshold', 'max(x[base + i], vec4f())', 'x[base + i]'],
      ['one vec4 too many', 'i < params.length4', 'i <= params.length4'],
    ],
  },
  relu_backward: {
    check: caseCheck(() =>
      reluBackwardCase(
        shape,
        trialsOf((seed) => random(seed).map((value) => Math.max(value, 0))),
        trialsOf((seed) => random(10 * seed)),
      ),
    ),
    faults: [['a gradient at 0', 'y[base + i] > vec4f()', 'y[base + i] >= vec4f()']],
  },
  dropout_forward: {
    check: caseCheck(() => dropoutCase('forward', shape, trialsOf(random), differentTrials(3))),
    faults: [
      ['nine rounds', 'round < 10u', 'round < 9u'],
      ['one mask for all steps', 'step.number, layer', '0u, layer'],
      ['one mask for all layers', 'step.number, layer', 'step.number, 0u'],
      ['half of the seed', 'trial.seed_high)', '0u)'],
      ['no scale', 'value * trial.keep_scale', 'value'],
    ],
  },
  softmax_cross_entropy: {
    check: caseCheck(() => {
      const operands = trialsOf((seed) => ({ logits: uniform(70, seed), labels: integers(10, seed, 7) }));
      for (const { logits } of operands) logits.fill(0.5, 0, 7);
      return softmaxCase(operands, 10, 7, 9);
    }),
    faults: [
      ['the last of equals', 'value > largest', 'value >= largest'],
      ['no label in the gradient', '(softmax - onehot)', 'softmax'],
      ['the sum instead of the mean', '* step.inverse_rows', ''],
      ['padding in the sum', '< vec4u(classes)', '< vec4u(classes + 1u)'],
      ['no largest logit in the loss', '(largest - label_logit)', '-label_logit'],
    ],
  },
  reduce_metrics: {
    check: caseCheck(() => {
      const results = (seed: number) => ({
        losses: uniform(40, seed),
        predicted: integers(40, seed, 3),
        labels: integers(40, seed + 1, 3),
      });
      return reduceMetricsCase(trialsOf(results), { slots: 3, slot: 1, rows: 38 });
    }),
    faults: [
      ['rows behind the batch', '+ 32u, step.rows', '+ 32u, params.rows'],
      ['the record of another step', 'step.slot * params.tiles', '0u'],
    ],
  },
  confusion: {
    check: caseCheck(() => {
      const lists = (length: number, bound: number) => trialsOf((seed) => integers(length, seed, bound));
      const labels = integers(30, 5, 4);
      const operands = {
        classes: 4,
        labels,
        indices: lists(12, 30),
        predicted: lists(8, 4),
        counts: lists(16, 9),
      };
      return confusionCase(operands, 7, 3);
    }),
    faults: [
      ['the start of the list', 'step.offset + row', 'row'],
      ['counts that are overwritten', 'atomicAdd(&', 'atomicStore(&'],
    ],
  },
  adamw: {
    check: caseCheck(() => adamwCase(shape, trialsOf(sparse), { number: 0, slots: differentRates })),
    faults: [
      ['no second correction', '* step.second_correction', ''],
      ['no first correction', '* step.first_correction', ''],
      ['no ε', ' + EPSILON)', ')'],
      ['no coupled decay', 'gradient + trial.coupled_decay * old.p', 'gradient'],
      ['no decoupled decay', 'trial.shrink * old.p', 'old.p'],
      ['β1 for β2', 'ONE_MINUS_BETA2 * g * g', 'ONE_MINUS_BETA1 * g * g'],
      ['the stride of trials', 'trial.index * params.stride', 'trial.index * params.length4'],
    ],
  },
  nonfinite: {
    check: caseCheck(() => {
      const x = trialsOf(random);
      x[1]!.fill(Number.NaN, 62);
      x[2]![64] = Infinity;
      // Beside those, the flag of an earlier element is there already.
      return nonfiniteCase(65, [...x, x[2]!], [0, 0, 0, 40]);
    }),
    faults: [
      ['another exponent', 'exponent == vec4u(0x7f800000u)', 'exponent == vec4u(0x7f000000u)'],
      ['the last vec4 left out', 'i < params.length4', 'i + 1u < params.length4'],
      ['the flag of another trial', 'flags[4u * trial.index]', 'flags[0]'],
      ['the last instead of the first', 'max(found.z, found.w)', 'min(found.z, found.w)'],
      ['one element for its whole vec4', 'vec4u(0u, 1u, 2u, 3u)', 'vec4u()'],
      ['a flag that is overwritten', 'atomicMax(&', 'atomicStore(&'],
    ],
  },
};

describe.each(Object.entries(kernels))('%s', (_, { check, faults }) => {
  it('passes its check as it is', async () => {
    await check();
    expect(fault.planted).toBe(0);
  });

  it.each(faults)('is found out with %s', async (__, text, instead) => {
    fault.current = [text, instead];
    await expect(check()).rejects.toThrow(
      /times the bound|never match|not to be written|not written|padding/,
    );
    expect(fault.planted).toBeGreaterThan(0);
  });
});

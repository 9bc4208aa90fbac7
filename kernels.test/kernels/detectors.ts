/**
 * For each kernel, runs that together find a fault anywhere in it: a selection of what its own tests run, in
 * few calls, so that a fault can be looked for in a fraction of a second. What a fault shows in is listed
 * where it is not obvious.
 */
import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import { type ProductVariant, productVariants } from '../../src/kernels/index.js';
import { integers, uniform } from '../arrays.js';
import { runKernel } from '../gpu-harness.js';
import { clipGradientsCase, gradientNormCase } from './cases/clip.js';
import { confusionCase } from './cases/confusion.js';
import { denseBackwardBiasCall } from './cases/dense_backward_bias.js';
import { denseBackwardInputActivationCall } from './cases/dense_backward_input_activation.js';
import { denseBackwardInputCall } from './cases/dense_backward_input.js';
import { denseBackwardLayersCall } from './cases/dense_backward_layers.js';
import { denseBackwardParametersCall, type ParametersForm } from './cases/dense_backward_parameters.js';
import { denseBackwardWeightsCall } from './cases/dense_backward_weights.js';
import { denseForwardCall } from './cases/dense_forward.js';
import { denseSoftmaxCrossEntropyCall } from './cases/dense_softmax_cross_entropy.js';
import { gatherCase, randomSamples, withFeatures } from './cases/gather.js';
import { nonfiniteCase } from './cases/nonfinite.js';
import { reduceMetricsCase } from './cases/reduce_metrics.js';
import { softmaxCase } from './cases/softmax_cross_entropy.js';
import { elementwiseKernels } from './elementwise-kernels.js';
import { expectCase, type KernelCase } from './kernel-case.js';
import { compareLoss } from './loss-check.js';
import { compare, type ProductCall, type ProductShape } from './product-call.js';
import type { Optimizer } from './cases/update.js';
import { lowTileVariants, wholeNumbers } from './support.js';

/** Runs a kernel once and compares, as its tests do. @throws what was found */
type Run = (gpu: Gpu, traits: AdapterTraits) => Promise<unknown>;

export interface Detector {
  /** null: a kernel without variants, which is cut in two ways (on a CPU, on a GPU) if it is elementwise. */
  readonly variants: readonly (ProductVariant | null)[];
  readonly runs: readonly Run[];
}

/** Inputs and what must come out are worked out once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const caseRun = (make: () => KernelCase): Run => {
  const made = once(make);
  return (gpu, traits) => expectCase(gpu, made(), 'detector', traits);
};

const productRun = (make: () => ProductCall): Run => {
  const made = once(make);
  return async (gpu, traits) => {
    const call = made();
    compare(call, await runKernel(gpu, { ...call.run, traits }), 'detector', () => undefined);
  };
};

const lossRun = (
  shape: ProductShape,
  present: number,
  exact: boolean,
  smoothing?: readonly number[],
): Run => {
  const made = once(() => denseSoftmaxCrossEntropyCall(shape, present, smoothing));
  return async (gpu, traits) => {
    const call = made();
    const result = await runKernel(gpu, { ...call.run, traits });
    compare(call, result, 'detector', () => undefined);
    for (let trial = 0; trial < shape.trials; trial++) compareLoss(call, result, trial, exact);
  };
};

/**
 * A wide batch: several tiles of rows and of columns, rounds beyond a tile's 16 and a split's 64 k, nothing a
 * multiple of 4.
 */
const wide = { rows: 37, inner: 70, columns: 41, trials: 2, values: uniform };
/** Less than a tile of anything. */
const small = { rows: 5, inner: 3, columns: 6, trials: 2, values: uniform };
/** More than two tiles of rows and of columns; of 128, more than one, with an edge of C in either half. */
const long = { rows: 133, inner: 13, columns: 197, trials: 1, values: uniform };

/** Two bands of five columns of tiles, with more than one tile of rows. */
const banded = { rows: 37, inner: 5, columns: 300, trials: 1, values: uniform };

function productDetector(
  build: (shape: ProductShape) => ProductCall,
  more: readonly ((shape: ProductShape) => ProductCall)[] = [],
  shapes: readonly ProductShape[] = [],
): Detector {
  const runs = [wide, small, long, ...shapes].map((shape) => productRun(() => build(shape)));
  return {
    variants: productVariants,
    runs: [...runs, ...more.map((each) => productRun(() => each({ ...wide, rows: 34, inner: 33 })))],
  };
}

const parameters = (images: boolean, update: ParametersForm['update']): Detector =>
  productDetector(
    (shape) => denseBackwardParametersCall(shape, { images, update }),
    images ? [(shape) => denseBackwardParametersCall(shape, { images, update, present: 29 })] : [],
    [banded],
  );

const layers = (optimizer: Optimizer): Detector =>
  productDetector(
    (shape) => denseBackwardLayersCall(shape, optimizer),
    [(shape) => denseBackwardLayersCall(shape, optimizer, 29)],
  );

const forTrials = <T>(make: (seed: number) => T, trials = 3): T[] =>
  Array.from({ length: trials }, (_, trial) => make(trial + 1));
const elementwise = (...makes: (() => KernelCase)[]): Detector => ({
  variants: [null],
  runs: makes.map(caseRun),
});

/**
 * 273 vec4 per trial: more than a workgroup's share both on a CPU (512) and on a GPU (256), and a last one
 * that is not full.
 */
const shape = { rows: 21, columns: 51, vector: false };
/** Whole workgroups, and nothing else: 2 on a CPU, 4 on a GPU. */
const longVector = { rows: 1, columns: 4096, vector: true };

/** By the names of the kernels. */
export const detectors: Readonly<Record<string, Detector>> = {
  dense_backward_parameters: parameters(false, null),
  dense_backward_input: productDetector(denseBackwardInputCall),
  dense_backward_weights: productDetector(denseBackwardWeightsCall, [], [banded]),
  dense_forward: productDetector(
    (each) => denseForwardCall(each, { fused: 'relu and dropout' }),
    [
      (each) => denseForwardCall(each, { fused: 'relu' }),
      (each) => denseForwardCall(each, { fused: 'none' }),
    ],
  ),
  dense_forward_images: productDetector(
    (each) => denseForwardCall(each, { fused: 'relu and dropout', images: true }),
    [(each) => denseForwardCall(each, { fused: 'relu', images: true, present: 30 })],
  ),
  dense_backward_input_activation: productDetector(
    (each) => denseBackwardInputActivationCall(each, true),
    [(each) => denseBackwardInputActivationCall(each, false)],
  ),
  dense_backward_parameters_images: parameters(true, null),
  dense_backward_parameters_adamw: parameters(false, 'adamw'),
  dense_backward_parameters_images_adamw: parameters(true, 'adamw'),
  dense_backward_parameters_sgd: parameters(false, 'sgd'),
  dense_backward_parameters_images_sgd: parameters(true, 'sgd'),
  dense_backward_layers_adamw: layers('adamw'),
  dense_backward_layers_sgd: layers('sgd'),
  dense_softmax_cross_entropy: {
    variants: lowTileVariants,
    runs: [
      lossRun({ rows: 70, inner: 37, columns: 10, trials: 3, values: uniform }, 66, false),
      lossRun({ rows: 35, inner: 7, columns: 31, trials: 2, values: wholeNumbers }, 33, true),
      lossRun({ rows: 5, inner: 6, columns: 7, trials: 3, values: uniform }, 4, false, [0.1, 0, 0.5]),
      lossRun({ rows: 3, inner: 2, columns: 1, trials: 1, values: uniform }, 3, false),
      lossRun({ rows: 1024, inner: 3, columns: 3, trials: 1, values: wholeNumbers }, 1020, true),
      lossRun(
        {
          rows: 40,
          inner: 9,
          columns: 10,
          trials: 1,
          values: (length, seed) => uniform(length, seed, -3000, 3000),
        },
        40,
        false,
      ),
    ],
  },
  dense_backward_bias: {
    variants: [null],
    // 16 vec4 of columns: two whole workgroups.
    runs: [wide, small, { ...long, inner: 9, columns: 64 }].map((each) =>
      productRun(() => denseBackwardBiasCall(each)),
    ),
  },
  gather: elementwise(
    () => gatherCase(randomSamples(20, 15, 21, 3), 6, 5, 8),
    // A single word per image: its lane writes the label, too.
    () => gatherCase(randomSamples(20, 3, 21, 2), 6, 5, 8),
    // 128 words per image: two whole workgroups.
    () => gatherCase(randomSamples(9, 511, 12, 2), 5, 3, 2),
    () => gatherCase(withFeatures(randomSamples(9, 15, 12, 2)), 5, 3, 2),
  ),
  softmax_cross_entropy: elementwise(
    () => {
      const operands = forTrials((seed) => ({ logits: uniform(70, seed), labels: integers(10, seed, 7) }));
      // A row of equals: the first is predicted.
      for (const { logits } of operands) logits.fill(0.5, 0, 7);
      return softmaxCase(operands, 10, 7, 9);
    },
    () => {
      const logits = (seed: number): Float32Array => uniform(30 * 12, seed, -200, 200);
      return softmaxCase(
        forTrials((seed) => ({ logits: logits(seed), labels: integers(30, seed, 12) }), 2),
        30,
        12,
      );
    },
    () =>
      softmaxCase(
        [
          ...forTrials((seed) => ({ logits: uniform(70, seed, -3, 3), labels: integers(10, seed, 7) }), 2),
          farApart(10, 7),
        ],
        10,
        7,
        9,
        [0.1, 0.5, 0],
      ),
    () => unsmoothed(softmaxCase([{ logits: uniform(70, 1), labels: integers(10, 1, 7) }], 10, 7)),
  ),
  reduce_metrics: elementwise(
    () =>
      reduceMetricsCase(
        forTrials((seed) => batchResults(40, seed)),
        { slots: 3, slot: 1, rows: 38 },
      ),
    // 16 tiles: two whole workgroups.
    () =>
      reduceMetricsCase(
        forTrials((seed) => batchResults(512, seed), 2),
        { slots: 4, slot: 2, rows: 489 },
      ),
  ),
  confusion: elementwise(
    () => confusionOf(12, 7, 3),
    () => confusionOf(210, 140, 5),
  ),
  ...Object.fromEntries(
    Object.entries(elementwiseKernels).map(([kernel, { build, more = [] }]) => [
      kernel,
      elementwise(
        () => build(shape, 3),
        () => build(longVector, 3),
        ...more,
      ),
    ]),
  ),
  gradient_norm: elementwise(
    () => gradientNormCase(forTrials((seed) => uniform(9000, seed))),
    () => gradientNormCase([uniform(37, 1)]),
  ),
  clip_gradients: elementwise(
    () =>
      clipGradientsCase(
        forTrials((seed) => uniform(9000, seed)),
        [{ clipNorm: 0.5 }, { clipNorm: null }, { clipNorm: 2 }],
      ),
    // More parts than a workgroup has lanes on a CPU.
    () => clipGradientsCase([uniform(17_000, 1)], [{ clipNorm: 0.5 }]),
    () => clipGradientsCase([uniform(37, 1)], [{ clipNorm: 1e4 }]),
    // Norms whose bits are those of an exponent alone: a power of two, infinity, and a NaN with every bit.
    // There is no padding, whose zeros would become NaN.
    ...[0x40800000, 0x7f800000, 0x7fffffff].map((bits) => () => {
      const squares = new Float32Array(Uint32Array.of(bits, 0, 0, 0).buffer);
      return clipGradientsCase([uniform(40, 1)], [{ clipNorm: 1 }], [squares]);
    }),
    // A norm that is beside the 1e-6, and one that is just clipped.
    () => clipGradientsCase([uniform(37, 1)], [{ clipNorm: 1e-6 }], [Float32Array.of(1e-12, 0, 0, 0)]),
    () => clipGradientsCase([uniform(4096, 1)], [{ clipNorm: 1 }], [Float32Array.of(1, 2 ** -20, 0, 0)]),
  ),
  nonfinite: elementwise(
    () => nonfiniteOf(65, [], [64], []),
    // In every item of a workgroup, on a CPU (every 32 elements) and on a GPU (every 256); and the last
    // element of all.
    () => nonfiniteOf(2600, [2599, 7], [1026, 1027], [37]),
    () => nonfiniteOf(2600, [2049, 300], [2599], [1029]),
  ),
};

/** A kernel without smoothing smooths nothing, also for a trial that smooths elsewhere. */
function unsmoothed(testCase: KernelCase): KernelCase {
  return { ...testCase, run: { ...testCase.run, slots: [{ index: 0, labelSmoothing: 0.3 }] } };
}

/** Logits whose distances overflow, with the largest at the label. */
function farApart(rows: number, classes: number): Parameters<typeof softmaxCase>[0][number] {
  const labels = integers(rows, 1, classes);
  const logits = new Float32Array(rows * classes).fill(-3e38);
  labels.forEach((label, row) => {
    logits[row * classes + label] = 3e38;
  });
  return { logits, labels };
}

function batchResults(rows: number, seed: number): Parameters<typeof reduceMetricsCase>[0][number] {
  return {
    losses: uniform(rows, seed),
    predicted: integers(rows, seed, 3),
    labels: integers(rows, seed + 1, 3),
  };
}

function confusionOf(length: number, rows: number, offset: number): KernelCase {
  const lists = (count: number, bound: number): Uint32Array[] =>
    forTrials((seed) => integers(count, seed, bound));
  const operands = {
    classes: 5,
    labels: integers(30, 5, 5),
    indices: lists(length, 30),
    predicted: lists(Math.ceil((rows + 1) / 4) * 4, 5),
    counts: lists(25, 9),
  };
  return confusionCase(operands, rows, offset);
}

/** @param places per trial: NaN and infinities in turn */
function nonfiniteOf(columns: number, ...places: readonly (readonly number[])[]): KernelCase {
  const x = places.map((bad, trial) => {
    const made = uniform(columns, trial + 1);
    bad.forEach((place, i) => {
      // A NaN with every bit that a NaN can have, and the infinities.
      new Uint32Array(made.buffer)[place] = [0xffff_ffff, 0xff80_0000, 0x7f80_0000][(place + i) % 3]!;
    });
    return made;
  });
  return nonfiniteCase(
    columns,
    x,
    places.map((_, trial) => (trial === 2 ? 3 : 0)),
  );
}

/** Trainings that diverge: what is named, what the others get, what stays. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { shuffled, splitIndices } from '../data/split.js';
import { openGpu, write, type Gpu } from '../gpu/index.js';
import type * as Initialise from '../model/initialise.js';
import type * as Registry from '../kernels/registry.js';
import { DivergedError, type Divergence, type PlanOptions, type TrainOptions, type Trial } from './index.js';
import type { TrialState } from './types.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { outcome, trial } from './testing/trials.js';

/** What is replaced in the text of every shader; null leaves them as they are. */
const fault = vi.hoisted(() => ({ current: null as readonly [text: string, instead: string] | null }));

vi.mock('../kernels/registry.js', async (importOriginal) => {
  const original = await importOriginal<typeof Registry>();
  return {
    ...original,
    kernelSource: (...args: Parameters<typeof original.kernelSource>) => {
      const source = original.kernelSource(...args);
      return fault.current === null ? source : { ...source, code: source.code.replace(...fault.current) };
    },
  };
});

/** The first initial weight of every trial, if it is to be another. */
const initial = vi.hoisted(() => ({ first: null as number | null }));

vi.mock('../model/initialise.js', async (importOriginal) => {
  const original = await importOriginal<typeof Initialise>();
  return {
    ...original,
    initialParameters: (...args: Parameters<typeof original.initialParameters>) => {
      const values = original.initialParameters(...args);
      if (initial.first !== null) values[0] = initial.first;
      return values;
    },
  };
});

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterEach(() => {
  fault.current = null;
  initial.first = null;
  vi.restoreAllMocks();
  gpu.check();
  expect(gpu.count(), 'buffers are left').toEqual({ buffers: 0, bytes: 0 });
});
afterAll(() => {
  gpu.close();
});

const dataset = tinyDataset({ randomLabels: true });

/** The error that a training ends with. */
async function divergence(
  trials: readonly Trial[],
  options: TrainOptions & PlanOptions = {},
  data = dataset,
): Promise<DivergedError> {
  const error: unknown = await train(gpu, data, trials, options).then(
    () => new Error('the training came to its end'),
    (reason: unknown) => reason,
  );
  if (error instanceof DivergedError) return error;
  throw error;
}

function only({ divergences }: DivergedError): Divergence {
  expect(divergences).toHaveLength(1);
  return divergences[0]!;
}

/** The buffers of the training under way, by label: one of each while no other training runs. */
function watchBuffers(): (label: string) => GPUBuffer {
  const made = new Map<string, GPUBuffer>();
  const create = gpu.createBuffer.bind(gpu);
  vi.spyOn(gpu, 'createBuffer').mockImplementation((label, bytes, usage) => {
    const buffer = create(label, bytes, usage);
    if (!made.has(label)) made.set(label, buffer);
    return buffer;
  });
  return (label) => made.get(label)!;
}

/** Where something is planted: an element of a trial's slice of an arena. */
interface Plant {
  readonly buffer: string;
  readonly index: number;
  readonly trials: number;
  readonly element: number;
}

/** What plants an infinity, as a damaged memory would. */
function planter({ buffer: label, index, trials, element }: Plant): () => void {
  const bufferOf = watchBuffers();
  return () => {
    const buffer = bufferOf(label);
    write(gpu, buffer, Float32Array.of(Infinity), (index * buffer.size) / trials + 4 * element);
  };
}

const shape = { hidden: [8, 8], epochs: 5 };
/** Eight steps an epoch. */
const tame = trial(shape, 4, 'tame');
const early = trial({ ...shape, patience: 1, learningRate: 0.2 }, 6, 'stops early');
const wild = trial({ ...shape, learningRate: 1e30 }, 5, 'wild');
/**
 * Decay makes each weight 3.6 times as large in each step, 10^0.556, whatever the gradients are. The squares
 * of gradients overflow when two layers' weights have grown by about 10^19, in step 17 to 23; by then the
 * logits, of three layers, would overflow, too. So it is the third epoch on every adapter, with bits of its
 * own.
 */
const growing = { ...shape, weightDecay: 4.6e3 };
const slow = trial(growing, 7, 'slow');

describe.each([true, false])('fused: %s', (fuse) => {
  test('an exploding rate: trial, epoch, step, tensor and remedy are named', async () => {
    const error = await divergence([tame, wild], { fuse });
    expect(error).toMatchObject({ kind: 'diverged', exitCode: 4 });
    expect(only(error)).toMatchObject({ trial: wild, epoch: 1, step: 2, tensor: 'layer1', reproduced: true });
    expect(error.message).toBe('training diverged: wild, seed 5, epoch 1, step 2 of 8');
    expect(error.found).toMatch(
      /^layer1 is the first tensor that is not finite: -?(Infinity|NaN) at \[\d+, \d+\], from dense_forward\.\w+$/,
    );
    expect(error.remedy).toBe('use a smaller learning rate than 1e+30');
  });

  test('rising learning rates are replayed as they were', async () => {
    const rising = trial({ ...growing, warmup: 2, epochs: 9 }, 7);
    const found = only(await divergence([tame, rising], { fuse }));
    expect(found.reproduced).toBe(true);
    expect(found.epoch).toBeGreaterThan(3);
  });

  test.each([
    ['SGD', { optimizer: 'sgd', learningRate: 1e30 }],
    ['clipping', { clipNorm: 1e30, learningRate: 1e30 }],
    ['SGD and clipping', { optimizer: 'sgd', clipNorm: 1e30, learningRate: 1e30 }],
  ] as const)('with %s: it is found, replayed, and named', async (_, settings) => {
    const fast = trial({ ...shape, ...settings }, 5, 'fast');
    const error = await divergence([tame, fast], { fuse });
    expect(only(error)).toMatchObject({ trial: fast, reproduced: true });
    expect(error.results[0]).not.toBeNull();
  });

  test('a norm beyond f32 is a divergence, not a factor of 0', async () => {
    // Gradients are as large as the images are: finite, but not their squares.
    fault.current = ['/ 255.0', '* 1e25'];
    const error = await divergence([trial({ hidden: [], clipNorm: 1, epochs: 1 }, 5, 'bright')], { fuse });
    expect(only(error)).toMatchObject({ reproduced: true, step: 1, tensor: 'squared norms' });
    expect(error.found).toMatch(/Infinity at \[0, 0\], from gradient_norm$/);
  });

  test('the others continue, with the bits of a training in which nobody diverged', async () => {
    const reports: number[] = [];
    const told: unknown[] = [];
    const { results } = await divergence([tame, wild, early], {
      fuse,
      onEpoch: ({ trials }) => reports.push(trials.length),
      onDiverged: (...given) => told.push(given),
    });
    const [alone, stopped] = await train(gpu, dataset, [tame, early], { fuse });
    expect(stopped!.stopped).toBe('early');
    expect(results.map((result) => result && outcome(result))).toEqual([
      outcome(alone!),
      null,
      outcome(stopped!),
    ]);
    expect(told).toEqual([[wild, 1]]);
    expect(reports).toEqual([1, 2, 3, 4, 5].map((epoch) => (epoch > stopped!.history.length ? 1 : 2)));
  });

  test('a NaN pixel, which ReLU can hide from the loss: step and batch are named', async () => {
    const { train: order } = splitIndices(dataset.train.count, 0.2, 4);
    const pixels = Uint8Array.from(dataset.train.pixels);
    const epoch = shuffled(order, 4, 1);
    // The only pixel of 255 is in the seventh batch of four.
    pixels[15 * epoch[25]! + 2] = 255;
    fault.current = [
      'return vec4f(bytes)',
      'return select(vec4f(bytes), bitcast<vec4f>(bytes | vec4u(0x7fc00000u)), bytes == vec4u(255u))',
    ];
    const given = { ...dataset, train: { ...dataset.train, pixels } };
    const error = await divergence([tame], { fuse }, given);
    expect(only(error)).toMatchObject({ epoch: 1, step: 7, tensor: 'batch', reproduced: true });
    expect(error.found).toContain('NaN at [1, 2], from gather');
    expect(error.remedy).toMatch(/^no setting helps/);
  });

  test('a gradient whose square overflows: losses and parameters stay finite, and no longer change', async () => {
    const states: TrialState[] = [];
    const plain = trial({ hidden: [8], epochs: 3 }, 2, 'steep');
    const hooks = { onCheckpoint: (given: readonly TrialState[]) => states.push(...given) };
    await train(gpu, dataset, [{ ...plain, config: { ...plain.config, epochs: 1 } }], hooks);
    const [state] = states;
    const last = { ...state!.last, parameters: new Map(state!.last.parameters) };
    const { shape: of, data } = last.parameters.get('layer1.weight')!;
    last.parameters.set('layer1.weight', { shape: of, data: data.map((value) => 1e23 * value) });
    const resumed = { ...state!, trial: plain, last, best: last, stopped: null };
    const error = await divergence([plain], { fuse, resume: () => resumed });
    expect(only(error)).toMatchObject({ epoch: 2, step: 1, reproduced: true });
    expect(error.found).toMatch(/^second moment of layer0\.(weight|bias) is .* Infinity at/);
  });
});

describe('numbers that cannot come from the training', () => {
  test('an infinite initial weight is named, and that it was there from the start', async () => {
    initial.first = Infinity;
    const error = await divergence([tame]);
    expect(only(error)).toMatchObject({ epoch: 1, step: 0, tensor: 'layer0.weight', reproduced: true });
    expect(error.message).toBe('training diverged: tame, seed 4, start of epoch 1');
    expect(error.found).toBe('layer0.weight is not finite at [0, 0], in the state that it began with');
  });

  test.each([
    ['parameters', 'layer0.weight'],
    ['first_moments', 'first moment of layer0.weight'],
    ['second_moments', 'second moment of layer0.weight'],
  ])('an infinity planted between two epochs into %s', async (buffer, tensor) => {
    const plant = planter({ buffer, index: 1, trials: 2, element: 9 });
    const error = await divergence([tame, early], {
      onEpoch: ({ epoch }) => {
        if (epoch === 2) plant();
      },
    });
    expect(only(error)).toMatchObject({ trial: early, epoch: 3, step: 0, tensor, reproduced: false });
    expect(error.found).toBe(
      `${tensor} was not finite at [1, 1], but replayed from the last sound state all stayed finite`,
    );
    expect(error.remedy).toMatch(/doctor\.js/);
    const [alone] = await train(gpu, dataset, [tame]);
    expect(outcome(error.results[0]!)).toEqual(outcome(alone!));
  });

  test('one that appears within an epoch', async () => {
    const plant = planter({ buffer: 'second_moments', index: 0, trials: 1, element: 0 });
    const error = await divergence([tame], {
      onProgress: ({ epoch, step, steps }) => {
        if (epoch === 2 && step === steps) plant();
      },
    });
    expect(only(error)).toMatchObject({ epoch: 2, step: null, reproduced: false });
    expect(error.message).toMatch(/end of epoch 2$/);
    expect(error.found).toContain('second moment of layer0.weight');
  });
});

describe('finite parameters so large that an evaluation overflows', () => {
  // One step at a finite loss; then weights near 1e19, whose products overflow in the second layer.
  const large = { learningRate: 1e19, batchSize: 99, epochs: 1, hidden: [8, 8] };

  test.each([
    { validation: 0.2, where: 'validation of epoch 1' },
    { validation: 0, where: 'test set, weights of epoch 1' },
  ])('$where', async ({ validation, where }) => {
    const given = trial({ ...large, validation });
    const error = await divergence([given], {}, tinyDataset());
    expect(error.message).toBe(`training diverged: test, seed 0, ${where}`);
    expect(only(error)).toMatchObject({ epoch: 1, step: null, tensor: 'layer1', reproduced: true });
    expect(error.results).toEqual([null]);
  });
});

describe('the last sound state', () => {
  const collect = () => {
    const states: TrialState[] = [];
    return { states, onCheckpoint: (given: readonly TrialState[]) => void states.push(...given) };
  };

  test.each([
    ['of the epoch before', null],
    ['of the best epoch', 4],
  ])('is handed out and finite: that %s; from it, the same comes out again', async (_, patience) => {
    const given = { ...slow, config: { ...slow.config, patience } };
    const { states, onCheckpoint } = collect();
    const error = await divergence([tame, given], { onCheckpoint });
    const found = only(error);
    expect(found).toMatchObject({ trial: given, epoch: 3, reproduced: true });
    expect(states.map(({ trial: of, last }) => [of.variant, last.epoch])).toEqual([
      ['tame', 5],
      ['slow', patience === null ? 2 : 1],
    ]);
    const state = states[1]!;
    expect(state).toMatchObject({ stopped: null, best: state.last });
    expect(state.history).toHaveLength(state.last.epoch);
    for (const part of [state.last.parameters, state.last.firstMoments, state.last.secondMoments])
      for (const { data } of part.values()) expect(data.every(Number.isFinite)).toBe(true);
    const again = await divergence([given], { resume: () => state, onCheckpoint });
    expect(only(again)).toEqual(found);
    expect(states, 'states that are no further').toHaveLength(2);
  });

  test('from within an epoch, the same comes out again', async () => {
    const given = { ...slow, config: { ...slow.config, patience: 4 } };
    const found = only(await divergence([given]));
    const { states, onCheckpoint } = collect();
    const controller = new AbortController();
    const training = train(gpu, dataset, [given], {
      onCheckpoint,
      onProgress: ({ epoch }) => {
        if (epoch === 2) controller.abort();
      },
      signal: controller.signal,
    });
    await expect(training).rejects.toMatchObject({ kind: 'interrupted' });
    const [state] = states;
    expect(state!.last).toMatchObject({ epoch: 1 });
    expect(state!.last.step).toBeGreaterThan(0);
    expect(only(await divergence([given], { resume: () => state! }))).toEqual(found);
  });

  test('a trial that is stopped within an epoch, and is not sound any more, is not handed out', async () => {
    const plant = planter({ buffer: 'second_moments', index: 1, trials: 2, element: 3 });
    const { states, onCheckpoint } = collect();
    const controller = new AbortController();
    const training = train(gpu, dataset, [tame, early], {
      onCheckpoint,
      onProgress: ({ epoch }) => {
        if (epoch !== 2) return;
        plant();
        controller.abort();
      },
      signal: controller.signal,
    });
    await expect(training).rejects.toMatchObject({ kind: 'interrupted' });
    expect(states.map(({ trial: of }) => of.variant)).toEqual(['tame']);
  });

  test('a training that is stopped hands out what is sound', async () => {
    const controller = new AbortController();
    const { states, onCheckpoint } = collect();
    const training = train(gpu, dataset, [tame, slow], {
      onCheckpoint,
      onDiverged: () => {
        controller.abort();
      },
      signal: controller.signal,
    });
    await expect(training).rejects.toMatchObject({ kind: 'interrupted' });
    expect(states.map(({ trial: of, last }) => [of.variant, last.epoch])).toEqual([
      ['tame', 3],
      ['slow', 2],
    ]);
  });
});

test('several in groups of their own: in the order of the trials, each with its place', async () => {
  const other = trial({ ...growing, batchSize: 8, epochs: 9 }, 1, 'other shape');
  const error = await divergence([slow, tame, other, wild]);
  expect(error.message).toBe('3 of 4 trainings diverged');
  expect(error.divergences.map(({ trial: { variant } }) => variant)).toEqual(['slow', 'other shape', 'wild']);
  expect(error.results.map((result) => result?.trial.variant ?? null)).toEqual([null, 'tame', null, null]);
  expect(error.found).toMatch(
    /^slow, seed 7, epoch 3, step \d of 8: .*; other shape, seed 1, .*; wild, seed 5, /,
  );
  expect(error.remedy).toBe('use a smaller learning rate than 0.001; use a smaller learning rate than 1e+30');
});

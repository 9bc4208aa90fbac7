/** The self-check finds a fault in any kernel that the training uses, and names it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../base/errors.js';
import { openGpu, type Gpu } from '../gpu/index.js';
import type * as Registry from '../kernels/registry.js';
import { selfCheck, type SelfCheckOptions } from './self-check.js';
import { planTraining, type Trial } from '../train/index.js';
import { isLong } from '../testing/modes.js';
import { tinyDataset } from '../train/testing/tiny-dataset.js';
import { trial } from '../train/testing/trials.js';

/** What is replaced in the text of one kernel; null leaves all as they are. */
const fault = vi.hoisted(() => ({
  current: null as { readonly kernel: string; readonly text: string; readonly instead: string } | null,
}));

vi.mock('../kernels/registry.js', async (importOriginal) => {
  const original = await importOriginal<typeof Registry>();
  return {
    ...original,
    kernelSource: (...args: Parameters<typeof original.kernelSource>) => {
      const source = original.kernelSource(...args);
      if (args[0] !== fault.current?.kernel) return source;
      const code = source.code.replace(fault.current.text, fault.current.instead);
      if (code === source.code) throw new Error(`${args[0]} has no text ${fault.current.text}`);
      return { ...source, code };
    },
  };
});

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterEach(() => {
  fault.current = null;
  gpu.check();
  expect(gpu.count().buffers, 'buffers that were not released').toBe(0);
});
afterAll(() => {
  gpu.close();
});

const dataset = tinyDataset({ classes: 7, train: 43, test: 9 });
const manyClasses = tinyDataset({ classes: 40, train: 43, test: 9 });
const deep = [trial({ hidden: [9, 6, 5], dropout: 0.3 })];
const flat = [trial({ hidden: [9] })];

const check = (
  trials: readonly Trial[],
  { fuse = true, ...options }: SelfCheckOptions & { readonly fuse?: boolean } = {},
  data = dataset,
): ReturnType<typeof selfCheck> => selfCheck(gpu, planTraining(gpu.traits, data, trials, { fuse }), options);

/** By kernel: a small fault. */
const fused: Readonly<Record<string, readonly [text: string, instead: string]>> = {
  dense_forward_images: ['/ 255.0', '/ 256.0'],
  dense_forward: [' + b[trial', ' + 1.0001 * b[trial'],
  dense_softmax_cross_entropy: ['value > largest', 'value < largest'],
  dense_backward_input_activation: ['a[place] > vec4f()', 'a[place] >= vec4f()'],
  dense_backward_parameters_adamw: ['params.bias4 + j4', 'params.bias4 + j4 + 1u'],
  dense_backward_parameters_images_adamw: ['BETA1 * m[place]', '1.01 * BETA1 * m[place]'],
  confusion: ['atomicAdd(&', 'atomicMax(&'],
  nonfinite: ['exponent == vec4u(0x7f800000u)', 'exponent == vec4u(0x7f000000u)'],
};
const unfused: typeof fused = {
  gather: ['step.offset + row', 'row'],
  dense_forward: ['tile.x * ', '2u * tile.x * '],
  relu_forward: ['max(x[place], vec4f())', 'abs(x[place])'],
  dropout_forward: ['value * keep_scale(layer)', 'value'],
  softmax_cross_entropy: ['step.inverse_rows', '0.03'],
  reduce_metrics: ['sum.correct += ', 'sum.correct -= '],
  dense_backward_input: ['r * a_row4', 'r * columns4'],
  dense_backward_weights: ['select(rows / 4u,', 'select(columns4,'],
  dense_backward_bias: ['i < params.rows', 'i + 8u < params.rows'],
  relu_backward: ['y[place] > vec4f()', 'y[place] >= vec4f()'],
  dropout_backward: ['round < 10u', 'round < 9u'],
  adamw: ['ONE_MINUS_BETA2 * g * g', 'ONE_MINUS_BETA2 * g'],
};

describe.each([
  ['fused', true, fused],
  ['kernel by kernel', false, unfused],
] as const)('a training that runs %s', (_, fuse, faults) => {
  it('passes as it is, with every kernel that has a fault below', async () => {
    const { kernels, ran, compared, worstShare } = await check(deep, { fuse });
    expect(ran).toBe(true);
    expect(compared).toBeGreaterThan(30_000);
    expect(worstShare).toBeGreaterThan(0);
    expect(worstShare).toBeLessThan(1);
    const names = kernels.map(({ kernel }) => kernel.split('.')[0]!);
    const shared = fuse ? [] : ['confusion', 'nonfinite'];
    expect([...new Set(names)].sort()).toEqual([...Object.keys(faults), ...shared].sort());
  });

  it.each(Object.entries(faults))('is stopped by a fault in %s', async (kernel, [text, instead]) => {
    fault.current = { kernel, text, instead };
    const error: unknown = await check(deep, { fuse }).catch((thrown: unknown) => thrown);
    if (!(error instanceof EngineError)) throw error;
    expect(error.kind).toBe('wrong-result');
    expect(error.exitCode).toBe(69);
    expect(error.message).toMatch(new RegExp(`: kernel ${kernel}(\\.\\w+)? on `));
    expect(error.message).toContain(gpu.description);
    expect(error.found).toMatch(/^(-?[\d.]+(e-\d+)?|NaN) for element \[\d+, \d+\] of [\w. ]+, trial [01], /);
    expect(error.expected).toMatch(/^-?[\d.]+(e-\d+)?(, at most \S+ off)?$/);
    expect(error.remedy).toContain('doctor.js');
  });
});

describe.each([true, false])('with other updates, fused %s', (fuse) => {
  const [sgd] = [trial({ hidden: [9, 6, 5], optimizer: 'sgd' })];
  const clipped = trial({ hidden: [9, 6, 5], clipNorm: 1, optimizer: 'sgd' });
  const sgdFault = ['trial.momentum * m[place]', 'm[place]'] as const;
  const clipFaults = [
    ['gradient_norm', clipped, '(sum.x + sum.y)', '(sum.x - sum.y)'],
    [
      'clip_gradients',
      clipped,
      'select(1.0, trial.max_norm / divisor',
      'select(1.0, 2.0 * trial.max_norm / divisor',
    ],
    ['sgd', clipped, ...sgdFault],
  ] as const;
  const fusedFaults = [
    ['dense_backward_parameters_sgd', sgd, ...sgdFault],
    ['dense_backward_parameters_images_sgd', sgd, ...sgdFault],
  ] as const;

  it.each(fuse ? [...fusedFaults, ...clipFaults] : clipFaults)(
    'a training is stopped by a fault in %s',
    async (kernel, given, text, instead) => {
      const { worstShare } = await check([given], { fuse });
      expect(worstShare).toBeLessThan(1);
      fault.current = { kernel, text, instead };
      await expect(check([given], { fuse })).rejects.toThrow(new RegExp(`: kernel ${kernel}(\\.\\w+)? on `));
    },
  );

  it('AdamW with clipping is right, in every form', async () => {
    for (const hidden of [[], [9], [9, 6]])
      for (const data of [dataset, manyClasses]) {
        const { worstShare } = await check([trial({ hidden, clipNorm: 1, dropout: 0 })], { fuse }, data);
        expect(worstShare).toBeLessThan(1);
      }
  });
});

/** The adapter with the rules of a GPU. */
const asHardware = (): Gpu =>
  Object.create(gpu, { traits: { value: { ...gpu.traits, software: false } } }) as Gpu;

it.each([
  ['dense_backward_layers_adamw', 'adamw', 'layer.bias4 + j4', 'layer.bias4 + j4 + 1u'],
  ['dense_backward_layers_sgd', 'sgd', 'return arena1[place]', 'return arena0[place]'],
] as const)(
  'with the rules of a GPU, a training is stopped by a fault in %s',
  async (kernel, optimizer, text, instead) => {
    for (const hidden of [[9], [9, 6, 5, 7, 8]]) {
      const planned = planTraining(asHardware().traits, dataset, [trial({ hidden, optimizer })]);
      fault.current = null;
      const { kernels, worstShare } = await selfCheck(asHardware(), planned);
      expect(kernels.map((each) => each.kernel.split('.')[0])).toContain(kernel);
      expect(worstShare).toBeLessThan(1);
      fault.current = { kernel, text, instead };
      await expect(selfCheck(asHardware(), planned)).rejects.toThrow(
        new RegExp(`: kernel ${kernel}(\\.\\w+)? on `),
      );
    }
  },
);

it('with the rules of a GPU, both forms of updates are checked where trials need both', async () => {
  const trials = [trial({ hidden: [9] }), trial({ hidden: [1800, 1800] })];
  const { kernels, worstShare } = await selfCheck(
    asHardware(),
    planTraining(asHardware().traits, dataset, trials),
  );
  expect(kernels.map(({ kernel }) => kernel.split('.')[0])).toEqual(
    expect.arrayContaining(['dense_backward_layers_adamw', 'dense_backward_parameters_adamw']),
  );
  expect(worstShare).toBeLessThan(1);
});

describe('what is checked', () => {
  it('are the variants that a tuning file chose, several of one kernel, and no others', async () => {
    const tuning = [
      { kernel: 'dense_forward', columns: 6, variant: 'split' },
      { kernel: 'dense_forward', variant: 'register' },
      { variant: 'tile' },
    ];
    const tuned = await openGpu({ tuning });
    const compiled = vi.spyOn(tuned.device, 'createComputePipelineAsync');
    const trials = [trial({ hidden: [9, 6, 5], dropout: 0.3 }), trial({ hidden: [9, 8, 8] })];
    const { kernels } = await selfCheck(tuned, planTraining(tuned.traits, dataset, trials));
    const forward = kernels.filter(({ kernel }) => kernel.startsWith('dense_forward.'));
    expect(forward.map(({ kernel }) => kernel).sort()).toEqual([
      'dense_forward.register',
      'dense_forward.split',
    ]);
    const others = kernels.filter(
      ({ kernel }) => kernel.includes('.') && !forward.some((each) => each.kernel === kernel),
    );
    expect(new Set(others.map(({ kernel }) => kernel.split('.')[1]))).toEqual(new Set(['tile']));
    // Nothing is compiled for the check alone.
    expect(compiled.mock.calls.length).toBe(kernels.length);
    tuned.close();
  });

  it.each(isLong ? ['tile', 'split', 'register'] : ['register'])(
    'is the variant %s: a fault in it is found',
    async (variant) => {
      const tuned = await openGpu({ tuning: [{ variant }] });
      fault.current = {
        kernel: 'dense_forward_images',
        text: 'let rounds = params.inner4',
        instead: 'let rounds = params.inner4 - 1u',
      };
      await expect(selfCheck(tuned, planTraining(tuned.traits, dataset, flat))).rejects.toThrow(
        `dense_forward_images.${variant}`,
      );
      tuned.close();
    },
  );

  it('are all kernels of networks without hidden layers, with one, without dropout, with many classes', async () => {
    for (const fuse of [true, false]) {
      for (const data of [dataset, manyClasses]) {
        for (const hidden of [[], [9], [9, 6]]) {
          for (const dropout of [0, 0.3]) {
            const { worstShare } = await check([trial({ hidden, dropout })], { fuse }, data);
            expect(worstShare).toBeLessThan(1);
          }
        }
      }
    }
  });

  it('is dropout after any hidden layer: a fault in the table of another layer is found', async () => {
    const hidden = [9, 6, 5, 7];
    for (const dropout of [
      [0, 0, 0.2, 0],
      [0.3, 0.2, 0.1, 0.4],
      [0.3, 0, 0.1, 0],
    ]) {
      for (const fuse of [true, false]) {
        fault.current = null;
        expect((await check([trial({ hidden, dropout })], { fuse })).worstShare).toBeLessThan(1);
        const kernel = fuse ? 'dense_backward_input_activation' : 'dropout_backward';
        fault.current = { kernel, text: '+ layer % DROPOUT_LAYERS', instead: '+ 3u' };
        await expect(check([trial({ hidden, dropout })], { fuse })).rejects.toThrow(`kernel ${kernel}`);
      }
    }
  });

  it('is the smoothed loss where a trial smooths labels: a fault in it is found', async () => {
    for (const [fuse, data] of [
      [true, dataset],
      [false, dataset],
      [true, manyClasses],
    ] as const) {
      const trials = [trial({ hidden: [9], labelSmoothing: 0.1 }), trial({ hidden: [9] })];
      fault.current = null;
      expect((await check(trials, { fuse }, data)).worstShare).toBeLessThan(1);
      const kernel = fuse && data === dataset ? 'dense_softmax_cross_entropy' : 'softmax_cross_entropy';
      fault.current = { kernel, text: 'sum += share *', instead: 'sum += 0.9 * share *' };
      await expect(check(trials, { fuse }, data)).rejects.toThrow(`kernel ${kernel}`);
      expect((await check([trial({ hidden: [9] })], { fuse }, data)).worstShare).toBeLessThan(1);
    }
  });

  it('is nothing where all is known, and everything where one kernel is not', async () => {
    const { kernels } = await check(flat);
    const known = await check(flat, { isKnown: () => true });
    expect(known).toEqual({ kernels, ran: false, compared: 0, worstShare: 0 });
    const isKnown: SelfCheckOptions['isKnown'] = ({ kernel }) => kernel !== 'confusion';
    expect(await check(flat, { isKnown })).toMatchObject({ kernels, ran: true });
  });

  it('is told apart by text and constants', async () => {
    const { kernels } = await check([trial({ hidden: [9], dropout: 0.3 })]);
    // The first layer with dropout in training, and without in evaluation.
    const first = kernels.filter(({ kernel }) => kernel.startsWith('dense_forward_images'));
    expect(new Set(first.map(({ sha256 }) => sha256)).size).toBe(2);
    fault.current = { kernel: 'confusion', text: '1u);', instead: '1u) ;' };
    const changed = await check([trial({ hidden: [9], dropout: 0.3 })]);
    const different = changed.kernels.filter(({ sha256 }) => kernels.every((each) => each.sha256 !== sha256));
    expect(different.map(({ kernel }) => kernel)).toEqual(['confusion']);
  });

  it('must be finite: a NaN is told', async () => {
    const tamper: SelfCheckOptions['tamper'] = (tensor, values) => {
      if (tensor === 'layer1.weight') values[5] = NaN;
    };
    await expect(check(deep, { tamper })).rejects.toMatchObject({
      kind: 'wrong-result',
      found: expect.stringMatching(/^NaN for element \[0, 5\] of layer1\.weight, trial 0, fused$/) as string,
    });
  });
});

/** The host's account of known steps is sharp, and an adapter that computes wrongly is found. */
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { openGpu, type Gpu } from '../gpu/index.js';
import { metricsTiles } from '../graph/index.js';
import { runKnownAnswer } from './known-answer.js';
import {
  expectedEvaluation,
  expectedStep,
  knownNetwork,
  knownTrials,
  lateStep,
  startState,
  steps,
  widestForm,
  type Arenas,
  type KnownForm,
} from './known-network.js';
import { packArena } from '../../kernels.test/steps/device-step.js';

/** By the number of hidden layers. */
const dropouts = [[[]], [[], [0]], [[], [0], [1], [0, 1]], [[2], [0, 2]]] as const;
const forms: KnownForm[] = ([0, 1, 2, 3] as const).flatMap((hidden) =>
  dropouts[hidden].flatMap((dropout) =>
    [false, true].flatMap((manyClasses) =>
      [false, true].map((features): KnownForm => {
        // Smoothing goes with every other part at least once.
        const labelSmoothing = hidden === 1 || (dropout.length > 0 && features);
        return { ...widestForm, hidden, dropout, labelSmoothing, manyClasses, features };
      }),
    ),
  ),
);
const updates = [
  { optimizer: 'sgd', clips: false },
  { optimizer: 'sgd', clips: true },
  { optimizer: 'adamw', clips: true },
] as const;
for (const update of updates)
  for (const hidden of [0, 1, 2] as const)
    forms.push({ ...widestForm, hidden, dropout: hidden > 0 ? [0] : [], ...update });

describe.each(forms)(
  'what is expected of $hidden hidden layers, dropout after $dropout, many classes $manyClasses, features $features, ' +
    '$optimizer, clips $clips',
  (form) => {
    const network = knownNetwork(form);
    const graph = network.training;
    const last = `layer${form.hidden}`;
    const known = knownTrials.flatMap((trial) => {
      const start = startState(network, trial);
      const late = expectedStep(network, trial, start, lateStep);
      // The further steps are doctor's, which has one form.
      if (JSON.stringify(form) !== JSON.stringify(widestForm)) return [late];
      let state = start;
      const all = steps.map((step) => {
        const tensors = expectedStep(network, trial, state, step);
        // The next step starts from the centres, as it does on the adapter from what the adapter has.
        const arena = (prefix: string): Float32Array<ArrayBuffer> =>
          packArena(
            graph,
            graph.parameters.map(({ name }) => tensors.get(prefix + name)!.balls.map(({ x }) => x)),
          );
        const next: Arenas = new Map([
          ['parameters', arena('')],
          ['first_moments', arena('first moment of ')],
          ['second_moments', arena('second moment of ')],
        ]);
        state = next;
        return tensors;
      });
      return [late, ...all];
    });
    const evaluations = knownTrials.map((trial) =>
      expectedEvaluation(network, trial, startState(network, trial), lateStep),
    );

    it('is sharp beside what a step moves, which is 0.01 or 0.02', () => {
      for (const tensors of known) {
        const radii = graph.parameters.flatMap(({ name }) => tensors.get(name)!.balls.map(({ r }) => r));
        expect(Math.max(...radii)).toBeLessThan(0.01 / 1000);
      }
    });

    it('is decided: no prediction and no ReLU is in doubt, and both outcomes occur', () => {
      const outcomes = new Set<boolean>();
      for (const tensors of [...known, ...evaluations]) {
        for (let layer = 0; layer < form.hidden; layer++) {
          for (const { x, r } of tensors.get(`layer${layer}`)!.balls) {
            expect(Math.abs(x)).toBeGreaterThan(2 * r);
            outcomes.add(x > 0);
          }
        }
        const { columns, balls } = tensors.get(last)!;
        for (let row = 0; row < balls.length / columns; row++) {
          const [first, second] = balls
            .slice(row * columns, (row + 1) * columns)
            .toSorted((a, b) => b.x - a.x) as [{ x: number; r: number }, { x: number; r: number }];
          expect(first.x - second.x).toBeGreaterThan(2 * (first.r + second.r));
        }
      }
      expect([...outcomes].sort()).toEqual(form.hidden === 0 ? [] : [false, true]);
      for (const layer of form.dropout) {
        const zeros = (name: string): number =>
          known[0]!.get(`layer${layer}.${name}`)!.balls.filter(({ x }) => x === 0).length;
        expect(zeros('dropout')).toBeGreaterThan(zeros('relu'));
      }
    });

    it('has predictions of both kinds, right and wrong', () => {
      const metrics = known[0]!.get('metrics')!.balls.map(({ x }) => x);
      expect(metrics).toHaveLength(2 * metricsTiles(lateStep.rows));
      expect(metrics[0]).toBeGreaterThan(0);
      const right = metrics.filter((_, i) => i % 2 === 1).reduce((sum, count) => sum + count, 0);
      // Of many classes hardly one is right, and dropout after a later layer can leave none.
      const isRare = form.manyClasses && form.dropout.some((layer) => layer > 0);
      if (!isRare) expect(right).toBeGreaterThan(0);
      expect(right).toBeLessThan(lateStep.rows - 1);
      const { balls } = evaluations[0]!.get('confusion')!;
      expect(balls.reduce((sum, { x }) => sum + x, 0)).toBe(lateStep.rows);
    });
  },
);

describe('on the adapter', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => {
    gpu.check();
    expect(gpu.count().buffers, 'buffers that were not released').toBe(0);
    gpu.close();
  });

  it('every kernel of a step is right, op by op and fused', async () => {
    const { faults, worstShare, compared, kernels } = await runKnownAnswer(gpu);
    expect(faults).toEqual([]);
    expect(worstShare).toBeGreaterThan(0);
    expect(worstShare).toBeLessThan(1);
    expect(compared).toBeGreaterThan(100_000);
    const names = kernels.map((kernel) => kernel.split('.')[0]);
    for (const kernel of ['gather', 'relu_backward', 'dropout_backward', 'reduce_metrics', 'adamw'])
      expect(names).toContain(kernel);
    expect(names).toContain('dense_backward_parameters_adamw');
  });

  it.each(['tile', 'split', 'register'])('the bounds hold for the variant %s, too', async (variant) => {
    const other = await openGpu({ tuning: [{ variant }] });
    const { faults, kernels } = await runKnownAnswer(other);
    other.close();
    expect(faults).toEqual([]);
    expect(kernels).toContain(`dense_backward_weights.${variant}`);
  });

  test.each([
    ['layer1', /^dense_forward/, (value: number) => value * (1 + 1e-4)],
    ['layer0.dropout', /^dropout_forward$/, () => NaN],
    ['gradient of layer0.weight', /^dense_backward_weights/, (value: number) => -value],
    ['predictions', /^softmax_cross_entropy$/, (value: number) => value + 1],
    ['second moment of layer2.bias', /^adamw$/, (value: number) => 1.001 * value + 1e-6],
  ])('a wrong %s is told, with its kernel', async (name, kernel, change) => {
    const { faults, worstShare } = await runKnownAnswer(gpu, (tensor, values) => {
      if (tensor === name)
        values.forEach((value, i) => {
          values[i] = change(value);
        });
    });
    expect(worstShare ?? Infinity).toBeGreaterThan(1);
    expect(faults[0]).toMatchObject({ tensor: name });
    expect(faults[0]!.kernel).toMatch(kernel);
    expect(faults.every(({ tensor }) => tensor === name)).toBe(true);
  });

  it('a wrong parameter after fused steps is told, with the fused kernel', async () => {
    let seen = 0;
    const { faults } = await runKnownAnswer(gpu, (tensor, values) => {
      // Two trials, and before them two kernel by kernel.
      if (tensor === 'layer1.weight' && ++seen === 4) values[3] = values[3]! + 1e-3;
    });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ tensor: 'layer1.weight', trial: 1, element: [0, 3] });
    expect(faults[0]!.kernel).toMatch(/^dense_backward_parameters_adamw/);
  });

  it('a run of several steps that gives other bits is told', async () => {
    const { faults } = await runKnownAnswer(gpu, (tensor, values) => {
      if (tensor === 'parameters after 3 steps in one submit') values[0] = values[0]! * (1 + 2 ** -20);
    });
    expect(faults).toMatchObject([
      { kernel: 'replay', trial: 0, bound: 0 },
      { kernel: 'replay', trial: 1, bound: 0 },
    ]);
  });
});

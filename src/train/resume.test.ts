/** A training that is stopped and resumed ends with the bits of one that was never stopped. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { EngineError } from '../base/errors.js';
import { openGpu, type Gpu } from '../gpu/index.js';
import type { Snapshot, Trial, TrialResult, TrialState } from './index.js';
import { Pacer } from './pacing.js';
import { tinyDataset } from './testing/tiny-dataset.js';
import { train } from './testing/train.js';
import { outcome, trial } from './testing/trials.js';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(gpu.count().buffers).toBe(0);
});
afterAll(() => {
  gpu.check();
  gpu.close();
});

const dataset = tinyDataset({ randomLabels: true });

/** The newest state of each trial, with its newest best snapshot: what checkpoint files hold. */
class States {
  private readonly states = new Map<Trial, TrialState>();
  readonly calls: (readonly TrialState[])[] = [];

  readonly take = (states: readonly TrialState[]): void => {
    this.calls.push(states);
    for (const state of states) {
      const best = state.best ?? this.states.get(state.trial)?.best ?? null;
      this.states.set(state.trial, { ...state, best });
    }
  };

  readonly of = (wanted: Trial): TrialState | null => this.states.get(wanted) ?? null;
}

/** Stops a training once so many submits were made. */
function stopAfter(submits: number): { readonly signal: AbortSignal; readonly onProgress: () => void } {
  const controller = new AbortController();
  let made = 0;
  return {
    signal: controller.signal,
    onProgress: () => {
      made++;
      if (made === submits) controller.abort();
    },
  };
}

/** Small submits, so that a training can be stopped within an epoch. */
function submitsOf(steps: number): void {
  vi.spyOn(Pacer.prototype, 'take').mockImplementation((left) => Math.min(left, steps));
}

/** Trains from `states` until it is done or stopped. */
async function trainOn(
  trials: readonly Trial[],
  states: States,
  submits: number,
  due = false,
): Promise<TrialResult[] | null> {
  try {
    return await train(gpu, dataset, trials, {
      ...stopAfter(submits),
      resume: states.of,
      onCheckpoint: states.take,
      checkpointDue: () => due,
    });
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'interrupted') return null;
    throw error;
  }
}

const bits = ({ parameters, firstMoments, secondMoments }: Snapshot): unknown =>
  [parameters, firstMoments, secondMoments].map((values) =>
    [...values].map(([name, { shape, data }]) => [
      name,
      shape,
      [...new Uint32Array(data.buffer, data.byteOffset, data.length)],
    ]),
  );

const withoutTimes = (state: TrialState): unknown => ({
  epoch: state.last.epoch,
  step: state.last.step,
  last: bits(state.last),
  best: state.best && { epoch: state.best.epoch, bits: bits(state.best) },
  history: state.history,
  stopped: state.stopped,
});

const groups: readonly (readonly [string, readonly Trial[]])[] = [
  ['without early stopping', [trial({ epochs: 4, dropout: 0.4 }, 5)]],
  ['with early stopping', [trial({ epochs: 9, learningRate: 0.3, patience: 2 }, 1)]],
  [
    'with dropout after every hidden layer',
    [
      trial({ epochs: 4, hidden: [7, 6], dropout: [0.4, 0.2] }, 5, 'both'),
      trial({ epochs: 4, hidden: [7, 6], dropout: [0, 0.5] }, 5, 'the second'),
    ],
  ],
  ['without validation', [trial({ epochs: 3, validation: 0, weightDecay: 0.1, decay: 'l2' }, 2)]],
  ['with SGD', [trial({ epochs: 3, optimizer: 'sgd', learningRate: 0.1, dropout: 0.2 }, 3)]],
  ['with clipping', [trial({ epochs: 3, clipNorm: 0.1, batchSize: 3 }, 4)]],
  [
    'in the middle of schedules',
    [
      trial({ epochs: 5, lrSchedule: 'cosine', warmup: 2, weightDecay: 0.1 }, 3, 'cosine'),
      trial(
        { epochs: 5, lrSchedule: 'step', labelSmoothing: 0.2, dropout: [0.3], weightDecay: 0.1, decay: 'l2' },
        3,
        'step',
      ),
    ],
  ],
  [
    'side by side, some of them stopped early',
    [
      trial({ epochs: 6, learningRate: 0.3, patience: 1 }, 1, 'fast'),
      trial({ epochs: 6, learningRate: 1e-4, patience: 6, dropout: 0.3 }, 2, 'slow'),
      trial({ epochs: 6, patience: null }, 3, 'to the end'),
    ],
  ],
];

describe.each(groups)('%s', (_, trials) => {
  test('stopped after any number of submits', async () => {
    submitsOf(3);
    const whole = new States();
    const expected = await trainOn(trials, whole, Infinity);
    let stops = 0;
    for (let submits = 1; ; submits += 2) {
      const states = new States();
      if ((await trainOn(trials, states, submits)) !== null) break;
      stops++;
      const results = await trainOn(trials, states, Infinity);
      expect(results!.map(outcome), `after ${submits} submits`).toEqual(expected!.map(outcome));
      for (const each of trials)
        expect(withoutTimes(states.of(each)!)).toEqual(withoutTimes(whole.of(each)!));
    }
    expect(stops).toBeGreaterThan(4);
  });

  test('stopped after an epoch by `until`, then trained to its end', async () => {
    const whole = new States();
    const expected = await trainOn(trials, whole, Infinity);
    for (const until of [1, 2]) {
      const states = new States();
      const hooks = { resume: states.of, onCheckpoint: states.take };
      const early = await train(gpu, dataset, trials, { ...hooks, until });
      for (const [i, { history, stopped, trial: of }] of early.entries()) {
        expect(history).toEqual(expected![i]!.history.slice(0, until));
        const isOver = expected![i]!.history.length <= until;
        expect(stopped).toBe(isOver ? expected![i]!.stopped : 'pruned');
        expect(states.of(of)!.stopped).toBe(isOver ? stopped : null);
      }
      // Once more to the same epoch trains nothing, and gives the same.
      const again = await train(gpu, dataset, trials, { ...hooks, until });
      expect(again.map(outcome)).toEqual(early.map(outcome));
      const results = await train(gpu, dataset, trials, hooks);
      expect(results.map(outcome), `until ${until}`).toEqual(expected!.map(outcome));
      for (const each of trials)
        expect(withoutTimes(states.of(each)!)).toEqual(withoutTimes(whole.of(each)!));
    }
  });

  test('stopped again and again', async () => {
    submitsOf(2);
    const expected = await trainOn(trials, new States(), Infinity);
    const states = new States();
    let results: TrialResult[] | null = null;
    let runs = 0;
    for (; results === null; runs++) results = await trainOn(trials, states, 3);
    expect(runs).toBeGreaterThan(4);
    expect(results.map(outcome)).toEqual(expected!.map(outcome));
  });

  test('each trial resumes from where it stood, at different epochs', async () => {
    submitsOf(3);
    const expected = await trainOn(trials, new States(), Infinity);
    const states = new States();
    for (const [i, each] of trials.entries()) {
      const alone = new States();
      await trainOn([each], alone, 2 + 3 * i);
      states.take([alone.of(each)!]);
    }
    const results = await trainOn(trials, states, Infinity);
    expect(results!.map(outcome)).toEqual(expected!.map(outcome));
  });
});

test('resumes from the states of any epoch, and hands out only what has come further', async () => {
  const trials = groups.at(-1)![1];
  const whole = new States();
  const expected = await trainOn(trials, whole, Infinity, true);
  expect(whole.calls.length).toBeGreaterThan(3);
  for (let calls = 1; calls <= whole.calls.length; calls++) {
    const states = new States();
    for (const call of whole.calls.slice(0, calls)) states.take(call);
    const before = states.calls.length;
    const results = await trainOn(trials, states, Infinity, true);
    expect(results!.map(outcome), `from call ${calls}`).toEqual(expected!.map(outcome));
    const again = states.calls.slice(before).flat();
    for (const { trial: of, last } of again)
      expect(
        whole.calls
          .slice(0, calls)
          .flat()
          .some((state) => state.trial === of && state.last.epoch >= last.epoch && state.stopped !== null),
      ).toBe(false);
  }
});

test('another order of moments gives another training: they matter', async () => {
  const one = trial({ epochs: 4 });
  const states = new States();
  const expected = await trainOn([one], new States(), Infinity);
  await trainOn([one], states, 2);
  const state = states.of(one)!;
  const zeros: Snapshot['firstMoments'] = new Map(
    [...state.last.parameters].map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  );
  states.take([{ ...state, last: { ...state.last, firstMoments: zeros, secondMoments: zeros } }]);
  const results = await trainOn([one], states, Infinity);
  expect(results![0]!.weightsSha256).not.toBe(expected![0]!.weightsSha256);
});

describe('a state that does not fit is refused', () => {
  const one = trial({ epochs: 4, patience: 3 });
  const cases: readonly (readonly [string, RegExp, (state: TrialState) => TrialState])[] = [
    [
      'another rate',
      /another trial/,
      (state) => ({ ...state, trial: trial({ epochs: 4, patience: 3, learningRate: 1 }) }),
    ],
    ['another seed', /another trial/, (state) => ({ ...state, trial: { ...one, seed: 7 } })],
    ['a history that ends early', /history/, (state) => ({ ...state, history: [] })],
    ['an epoch too far', /history|outside/, (state) => ({ ...state, last: { ...state.last, epoch: 9 } })],
    ['a step too far', /outside/, (state) => ({ ...state, last: { ...state.last, step: 99 } })],
    ['no best snapshot', /best epoch are missing/, (state) => ({ ...state, best: null })],
    ['metrics that are too few', /metrics/, (state) => ({ ...state, last: { ...state.last, step: 1 } })],
    [
      'a parameter too few',
      /layer0.weight/,
      (state) => ({ ...state, last: { ...state.last, parameters: new Map() } }),
    ],
    [
      'an infinite moment',
      /layer1.bias of the secondMoments is not finite/,
      (state) => {
        const { shape, data } = state.last.secondMoments.get('layer1.bias')!;
        const moments = new Map(state.last.secondMoments).set('layer1.bias', {
          shape,
          data: data.map(() => Infinity),
        });
        return { ...state, last: { ...state.last, secondMoments: moments } };
      },
    ],
  ];

  test.each(cases)('%s', async (_, message, change) => {
    const states = new States();
    await train(gpu, dataset, [one], {
      ...stopAfter(3),
      onCheckpoint: states.take,
      resume: () => null,
    }).catch(() => undefined);
    const state = change(states.of(one)!);
    await expect(train(gpu, dataset, [one], { resume: () => state })).rejects.toThrow(message);
  });
});

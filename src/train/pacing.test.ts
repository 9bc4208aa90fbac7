import { describe, expect, test } from 'vitest';
import { Pacer } from './pacing.js';

/** A pacer that has learnt that a step takes so many milliseconds. */
function paced(ms: number): Pacer {
  const pacer = new Pacer(1);
  for (let epoch = 0; epoch < 20; epoch++) pacer.learn(1, ms, 1, 1);
  return pacer;
}

/** The step time that a pacer believes in, in milliseconds, read from how much it expects of 1000 steps. */
function stepMs(pacer: Pacer): number {
  pacer.beginEpoch(0);
  pacer.submitted(1000, 0);
  return pacer.remaining(0) / 1000;
}

/** Steps of the first submit of an epoch, and of the one after it. */
function takes(pacer: Pacer, left: number): [number, number] {
  pacer.beginEpoch(0);
  const first = pacer.take(left);
  pacer.submitted(first, 0);
  return [first, pacer.take(left - first)];
}

test('the first measurement is of single steps, and taken to be too long', () => {
  expect(stepMs(new Pacer(10))).toBeLessThan(10);
  expect(stepMs(new Pacer(10))).toBeGreaterThan(2);
});

describe('take', () => {
  test('as many steps as last about 100 ms, and fewer at first, while the GPU has nothing to do', () => {
    expect([0.1, 1, 4, 40].map((ms) => takes(paced(ms), 1e9))).toEqual([
      [250, 1000],
      [25, 100],
      [6, 25],
      [1, 3],
    ]);
  });

  test('at least one step, however long it lasts, and no more than are left', () => {
    expect(takes(paced(5_000), 10)).toEqual([1, 1]);
    expect(takes(paced(1), 8)).toEqual([2, 6]);
    expect(takes(paced(1), 2)).toEqual([1, 1]);
  });

  test('a step too short for the clock is no trouble', () => {
    expect(takes(paced(0), 12)).toEqual([3, 9]);
  });
});

describe('what is submitted', () => {
  test('adds up, and is worked off by the clock', () => {
    const pacer = paced(10);
    pacer.beginEpoch(1_000);
    pacer.submitted(20, 1_000);
    pacer.submitted(5, 1_100);
    expect(pacer.remaining(1_100)).toBe(150);
    expect(pacer.remaining(1_240)).toBe(10);
    expect(pacer.remaining(2_000)).toBe(0);
    // Nothing was left: time in which the GPU had no work does not count.
    pacer.submitted(5, 3_000);
    expect(pacer.remaining(3_000)).toBe(50);
  });

  test('an epoch begins with nothing', () => {
    const pacer = paced(10);
    pacer.beginEpoch(0);
    pacer.submitted(100, 0);
    pacer.beginEpoch(500);
    expect(pacer.remaining(500)).toBe(0);
  });
});

describe('sleepMs', () => {
  test('none while no more than a submit lies ahead of the GPU', () => {
    const pacer = paced(10);
    pacer.beginEpoch(0);
    expect(pacer.sleepMs(0)).toBe(0);
    pacer.submitted(10, 0);
    expect(pacer.sleepMs(0)).toBe(0);
  });

  test('what lies ahead beyond that is slept through, but never longer than the work lasts', () => {
    const pacer = paced(10);
    pacer.beginEpoch(0);
    pacer.submitted(50, 0);
    expect(pacer.sleepMs(0)).toBeGreaterThan(0);
    expect(pacer.sleepMs(0)).toBeLessThanOrEqual(pacer.remaining(0));
    expect(pacer.sleepMs(500)).toBe(0);
  });

  test('a GPU as fast as expected always has work, and the host never runs off', () => {
    const pacer = paced(10);
    pacer.beginEpoch(0);
    let now = 0;
    for (let submit = 0; submit < 200; submit++) {
      const steps = pacer.take(1e9);
      pacer.submitted(steps, now);
      // Ahead by the submit of 100 ms, another one, and at most half of the time so far.
      expect(pacer.remaining(now)).toBeLessThanOrEqual(200 + now / 2);
      const sleepMs = pacer.sleepMs(now);
      expect(pacer.remaining(now + sleepMs), `submit ${submit}`).toBeGreaterThan(0);
      now += sleepMs;
    }
    expect(now).toBeGreaterThan(10_000);
  });
});

describe('learn', () => {
  test('the host waited for the GPU: its time per step is known, longer or shorter than expected', () => {
    for (const believed of [6, 8, 50]) {
      const pacer = paced(believed);
      pacer.learn(100, 1_000, 100, 90);
      expect(stepMs(pacer)).toBeCloseTo(10, 9);
    }
  });

  test('one that is far too short comes up to the GPU within some epochs', () => {
    const pacer = paced(1);
    for (let epoch = 0; epoch < 4; epoch++) pacer.learn(100, 1_000, 100, 90);
    expect(stepMs(pacer)).toBeCloseTo(10, 9);
  });

  test('a first measurement of 0 is replaced', () => {
    const pacer = new Pacer(0);
    pacer.learn(100, 1_000, 100, 90);
    expect(stepMs(pacer)).toBeCloseTo(10, 9);
  });

  test('an epoch in which the process was stopped for minutes does not make the host sleep as long', () => {
    const pacer = paced(10);
    pacer.learn(100, 240_000, 100, 100);
    expect(stepMs(pacer)).toBe(20);
  });

  test('the GPU waited for the host: the expectation is cut, not confirmed by its own sleeps', () => {
    const pacer = paced(40);
    // The host slept by 40 ms a step, and so it took 40 ms a step.
    pacer.learn(100, 4_000, 200, 0);
    expect(stepMs(pacer)).toBeLessThan(30);
    expect(stepMs(pacer)).toBeGreaterThan(10);
  });

  test('it waited, but an epoch was faster still than the expectation once cut: the measurement counts', () => {
    const pacer = paced(40);
    pacer.learn(100, 500, 200, 0);
    expect(stepMs(pacer)).toBeCloseTo(5, 9);
  });

  test('an expectation far too long comes down to the GPU within some epochs, and stays near it', () => {
    const actual = 2;
    const pacer = paced(1_000);
    for (let epoch = 0; epoch < 40; epoch++) {
      const believed = stepMs(pacer);
      const starved = believed > actual;
      const elapsed = 100 * Math.max(believed, actual);
      pacer.learn(100, elapsed, 100, starved ? 0 : 50);
      if (epoch < 20) continue;
      expect(stepMs(pacer)).toBeGreaterThan(actual / 2);
      expect(stepMs(pacer)).toBeLessThanOrEqual(actual);
    }
  });
});

test('a rest without a pause lets the event loop turn: a signal is heard, however far behind the host is', async () => {
  const pacer = paced(1);
  pacer.beginEpoch();
  expect(pacer.sleepMs()).toBe(0);
  let served = false;
  setImmediate(() => {
    served = true;
  });
  await pacer.rest();
  expect(served).toBe(true);
});

test('without a lead a submit waits until the one before the last is done, however short it was thought', async () => {
  const ends: (() => void)[] = [];
  const pacer = new Pacer(1, { submitMs: 10, lead: 0 }, () => new Promise((resolve) => ends.push(resolve)));
  pacer.beginEpoch();
  let submits = 0;
  const submitting = pacer.submitSteps(50, (_, most) => {
    submits++;
    return most;
  });
  const settle = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 20));
  await settle();
  expect([submits, ends.length]).toEqual([2, 2]);
  ends[0]!();
  await settle();
  expect([submits, ends.length]).toEqual([3, 3]);
  for (const end of ends) end();
  await settle();
  ends.at(-1)!();
  await submitting;
  expect(submits).toBe(4);
});

test('a pause does not count: neither in the time nor as work that is to be done', async () => {
  const pacer = new Pacer(10);
  pacer.beginEpoch();
  pacer.submitted(1000);
  const before = pacer.now();
  await pacer.hold(new Promise((resolve) => setTimeout(resolve, 200)));
  expect(pacer.now() - before).toBeLessThan(100);
  expect(pacer.remaining()).toBe(0);
});

test('scale: with half of the trials a step takes half as long', () => {
  const pacer = paced(10);
  pacer.scale(0.5);
  expect(stepMs(pacer)).toBe(5);
});

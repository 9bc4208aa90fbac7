import { describe, expect, test, vi } from 'vitest';
import { endableWaits } from '../gpu/endable-waits.js';
import { createWait } from './wait.js';

/** A promise that settles after so many turns of the event loop, as Dawn's do: it is polled once per turn. */
function afterTurns<T>(
  turns: number,
  value: T,
): { readonly promise: Promise<T>; readonly seen: () => number } {
  let seen = 0;
  const promise = new Promise<T>((resolve) => {
    const poll = (): void => {
      if (++seen === turns) resolve(value);
      else setImmediate(poll);
    };
    setImmediate(poll);
  });
  return { promise, seen: () => seen };
}

describe('on a software adapter', () => {
  test('the event loop sleeps in each turn while a promise is pending, and gives its value', async () => {
    const naps = vi.spyOn(Atomics, 'wait');
    try {
      const wait = createWait(true);
      const { promise } = afterTurns(20, 'value');
      expect(await wait(promise)).toBe('value');
      expect(naps.mock.calls.length).toBeGreaterThanOrEqual(19);
      expect(naps.mock.calls.length).toBeLessThanOrEqual(22);
    } finally {
      naps.mockRestore();
    }
  });

  test('it sleeps once per turn, however many promises are pending, and not at all when none is', async () => {
    const naps = vi.spyOn(Atomics, 'wait');
    try {
      const wait = createWait(true);
      await Promise.all([wait(afterTurns(10, 1).promise), wait(afterTurns(20, 2).promise)]);
      const during = naps.mock.calls.length;
      expect(during).toBeLessThanOrEqual(22);
      await afterTurns(10, 3).promise;
      expect(naps.mock.calls.length).toBeLessThanOrEqual(during + 1);
    } finally {
      naps.mockRestore();
    }
  });

  test('one wait right after another does not add up to more sleep', async () => {
    const wait = createWait(true);
    for (let i = 0; i < 50; i++) await wait(Promise.resolve(i));
    const naps = vi.spyOn(Atomics, 'wait');
    try {
      await wait(afterTurns(10, 0).promise);
      expect(naps.mock.calls.length).toBeLessThanOrEqual(12);
    } finally {
      naps.mockRestore();
    }
  });

  test('a rejection is passed on, and ends the sleeping', async () => {
    const wait = createWait(true);
    await expect(wait(Promise.reject(new Error('lost')))).rejects.toThrow('lost');
    const naps = vi.spyOn(Atomics, 'wait');
    await afterTurns(10, 0).promise;
    expect(naps.mock.calls.length).toBeLessThanOrEqual(1);
    naps.mockRestore();
  });

  test('timers and other work of the host go on meanwhile', async () => {
    const wait = createWait(true);
    const timer = vi.fn();
    setTimeout(timer, 5);
    await wait(afterTurns(50, 0).promise);
    expect(timer).toHaveBeenCalledOnce();
  });
});

test('on another adapter nothing sleeps', async () => {
  const naps = vi.spyOn(Atomics, 'wait');
  try {
    const promise = Promise.resolve(1);
    expect(createWait(false)(promise)).toBe(promise);
    await promise;
    expect(naps).not.toHaveBeenCalled();
  } finally {
    naps.mockRestore();
  }
});

test('on a software adapter the sleeping ends with waits that are ended from outside', async () => {
  const { follow, end } = endableWaits();
  const wait = createWait(true)(follow(new Promise<never>(() => undefined)));
  end(new Error('lost'));
  await expect(wait).rejects.toThrow('lost');
  await afterTurns(3, 0).promise;
  const naps = vi.spyOn(Atomics, 'wait');
  await afterTurns(10, 0).promise;
  expect(naps).not.toHaveBeenCalled();
  naps.mockRestore();
});

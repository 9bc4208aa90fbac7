import type { Wait } from './contract.js';

/** How long a nap is, as a share of the wait so far: so much too late is the answer, at most. */
const lateness = 0.02;
/** Limits of a nap in milliseconds: short beside a submit, long beside a turn of the event loop. */
const [shortest, longest] = [1, 5];

/**
 * How to await Dawn on this adapter.
 *
 * While one of its promises is pending, Dawn's bindings ask the device once per turn of Node's event loop,
 * and the loop spins. On a software adapter that takes away a core from the work that is waited for: there
 * each turn takes a nap first. On others it costs nothing but that core, and the end is seen at once.
 */
export function createWait(software: boolean): Wait {
  if (!software) return (promise) => promise;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  /** When each of the waits began, in that order. */
  const begun = new Set<{ readonly at: number }>();
  let isTurning = false;
  const turn = (): void => {
    const [first] = begun;
    isTurning = first !== undefined;
    if (first === undefined) return;
    const waited = performance.now() - first.at;
    Atomics.wait(sleeper, 0, 0, Math.min(longest, Math.max(shortest, lateness * waited)));
    setImmediate(turn);
  };
  return async (promise) => {
    const wait = { at: performance.now() };
    begun.add(wait);
    if (!isTurning) setImmediate(turn);
    isTurning = true;
    try {
      return await promise;
    } finally {
      begun.delete(wait);
    }
  };
}

import type { Wait } from '../platform/index.js';

/** Waits that can be ended from outside. */
export interface EndableWaits {
  /** Follows a promise until it is settled, or the waits are ended. */
  readonly follow: Wait;
  /** Rejects every wait that is pending, and all later ones, with this error. */
  readonly end: (error: Error) => void;
}

/**
 * Waits that end with the device, whether or not its bindings settle the promises that were pending when it
 * was lost.
 */
export function endableWaits(): EndableWaits {
  const pending = new Set<(error: Error) => void>();
  let ended: Error | null = null;
  return {
    // Not `Promise.race`: with a promise that lives as long as the device it would keep something of every
    // wait.
    follow: (promise) =>
      new Promise((resolve, reject) => {
        const settle = <V>(then: (value: V) => void) => {
          return (value: V): void => {
            pending.delete(reject);
            then(value);
          };
        };
        promise.then(settle(resolve), settle(reject));
        if (ended === null) pending.add(reject);
        else reject(ended);
      }),
    end: (error) => {
      ended = error;
      for (const reject of pending) reject(error);
      pending.clear();
    },
  };
}

import { afterAll } from 'vitest';

/**
 * Collects the largest error as a share of its bound, by what was compared, and prints them when the tests
 * around the call are done: how much room the bounds leave on this device.
 */
export function noteShares(title: string): (what: string, share: number) => void {
  const shares = new Map<string, number>();
  afterAll(() => {
    const table = [...shares].map(([what, share]) => `${what} ${share.toPrecision(2)}`).join(', ');
    if (table !== '') console.log(`${title}: largest errors as a share of their bounds: ${table}`);
  });
  return (what, share) => {
    shares.set(what, Math.max(shares.get(what) ?? 0, share));
  };
}

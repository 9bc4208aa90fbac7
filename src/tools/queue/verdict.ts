/** What the end of a unit's process means for its job: the table of docs/many-machines.md. */
import { exitCodes } from '../../base/errors.js';

/** How a process ended: by itself or by a signal; if both are null, it could not start. */
export interface UnitEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it said on stderr. */
  readonly words: string;
}

/** `exit code 2`, or the signal. */
export function howItEnded({ code, signal }: UnitEnd): string {
  return signal ?? (code === null ? 'it did not start' : `exit code ${code}`);
}

/**
 * - `done`: it has its results; those of a unit that diverged, too
 * - `back`: another try, which does not count
 * - `leave`: as `back`, and this machine takes no more
 * - `again`: another try, at most `mostRetries` times
 * - `failed`: no other try would end otherwise
 */
export type Verdict = 'done' | 'back' | 'leave' | 'again' | 'failed';

/** How often a unit is tried again that was killed, could not write, or ended with another code. */
export const mostRetries = 5;

const verdicts: ReadonlyMap<number | null, Verdict> = new Map([
  [0, 'done'],
  [exitCodes.diverged, 'done'],
  [exitCodes.terminated, 'back'],
  [exitCodes.interrupted, 'back'],
  [exitCodes['no-adapter'], 'leave'],
  [exitCodes.usage, 'failed'],
  [exitCodes['bad-file'], 'failed'],
  [exitCodes['no-data'], 'failed'],
]);

export function verdictOf({ code }: UnitEnd): Verdict {
  return verdicts.get(code) ?? 'again';
}

import { expect, it } from 'vitest';
import { howItEnded, verdictOf } from './verdict.js';

it.each([
  [0, 'done'],
  [1, 'again'],
  [2, 'failed'],
  [4, 'done'],
  [65, 'failed'],
  [66, 'failed'],
  [69, 'leave'],
  [74, 'again'],
  [75, 'back'],
  [130, 'back'],
  [null, 'again'],
] as const)('exit code %s means: %s', (code, verdict) => {
  expect(verdictOf({ code, signal: null, words: '' })).toBe(verdict);
});

it('tells how a process ended', () => {
  expect(howItEnded({ code: 2, signal: null, words: '' })).toBe('exit code 2');
  expect(howItEnded({ code: null, signal: 'SIGKILL', words: '' })).toBe('SIGKILL');
  expect(howItEnded({ code: null, signal: null, words: '' })).toBe('it did not start');
});

import { describe, expect, test } from 'vitest';
import { isOver, nothingSeen, watch, type Watch } from './trial-run.js';

const score = (loss: number, accuracy = 0.5) => ({ loss, accuracy });

/** The epochs, from 1, after which training would stop; and what was best by then. */
function run(losses: readonly number[], patience: number | null): { stopped: number | null; best: number } {
  let state: Watch = nothingSeen;
  for (const [i, loss] of losses.entries()) {
    state = watch(state, i + 1, score(loss));
    if (isOver(state, patience)) return { stopped: i + 1, best: state.best!.epoch };
  }
  return { stopped: null, best: state.best!.epoch };
}

test('nothing has been seen: not over, nothing is best', () => {
  expect(nothingSeen).toEqual({ best: null, waited: 0 });
  expect(isOver(nothingSeen, 1)).toBe(false);
});

test('the first epoch is the best so far, with any loss', () => {
  expect(watch(nothingSeen, 1, score(99))).toEqual({ best: { epoch: 1, score: score(99) }, waited: 0 });
});

test('better is a strictly lower loss; accuracy does not count', () => {
  const first = watch(nothingSeen, 1, score(1, 0.2));
  expect(watch(first, 2, score(1, 0.9))).toEqual({ best: first.best, waited: 1 });
  expect(watch(first, 2, score(1 + 1e-12, 0.9)).waited).toBe(1);
  expect(watch(first, 2, score(1 - 1e-12, 0.1))).toEqual({
    best: { epoch: 2, score: score(1 - 1e-12, 0.1) },
    waited: 0,
  });
});

test('a loss that is no number is never better', () => {
  const first = watch(nothingSeen, 1, score(1));
  expect(watch(first, 2, score(Number.NaN))).toEqual({ best: first.best, waited: 1 });
});

describe('patience', () => {
  test.each([
    // Stops in the epoch that makes it `patience` epochs without a better one.
    { losses: [3, 2, 1, 1, 1, 1], patience: 2, stopped: 5, best: 3 },
    { losses: [3, 2, 2.5, 1, 1.5, 1.2, 0.5], patience: 2, stopped: 6, best: 4 },
    { losses: [1, 2, 0.5, 2, 2, 2], patience: 3, stopped: 6, best: 3 },
    { losses: [1, 2], patience: 1, stopped: 2, best: 1 },
    { losses: [1, 1], patience: 1, stopped: 2, best: 1 },
    { losses: [4, 3, 2, 1], patience: 1, stopped: null, best: 4 },
    { losses: [1, 2, 2, 2], patience: 4, stopped: null, best: 1 },
    { losses: [1, 2, 3, 4, 5, 6, 7], patience: null, stopped: null, best: 1 },
  ])('$losses with patience $patience: stops after $stopped, best is $best', (given) => {
    expect(run(given.losses, given.patience)).toEqual({ stopped: given.stopped, best: given.best });
  });

  test('a better epoch starts the count anew', () => {
    expect(run([1, 2, 2, 0.9, 2, 2, 0.8, 2, 2], 3)).toEqual({ stopped: null, best: 7 });
  });
});

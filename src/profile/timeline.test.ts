import { expect, test } from 'vitest';
import { TimelineKeeper } from './timeline.js';

const pass = (step: number, span: { start: number; end: number } | null) => ({
  dispatch: 0,
  step,
  steps: 1,
  active: 1,
  submit: 0,
  span,
});

test('everything is kept in its order, but what has no time or takes none', () => {
  const keeper = new TimelineKeeper();
  keeper.addHost({ what: 'encode', startMs: 1, endMs: 2, submit: 0 });
  keeper.addHost({ what: 'sleep', startMs: 2, endMs: 2, submit: null });
  keeper.addPasses([pass(0, { start: 5, end: 9 }), pass(1, null)]);
  keeper.addPhase({ name: 'epoch 1', startMs: 1, endMs: 3 });
  expect(keeper.timeline).toEqual({
    phases: [{ name: 'epoch 1', startMs: 1, endMs: 3 }],
    passes: [{ dispatch: 0, step: 0, steps: 1, active: 1, submit: 0, start: 5, end: 9 }],
    host: [{ what: 'encode', startMs: 1, endMs: 2, submit: 0 }],
    complete: true,
  });
});

test('up to a bound, after which nothing of any kind is kept', () => {
  const keeper = new TimelineKeeper(3);
  keeper.addHost({ what: 'encode', startMs: 1, endMs: 2, submit: 0 });
  keeper.addPasses([pass(0, { start: 5, end: 9 }), pass(1, { start: 9, end: 12 })]);
  expect(keeper.timeline.complete).toBe(true);
  keeper.addPasses([pass(2, { start: 12, end: 13 })]);
  keeper.addPhase({ name: 'epoch 1', startMs: 1, endMs: 3 });
  const { phases, passes, host, complete } = keeper.timeline;
  expect([phases.length, passes.length, host.length, complete]).toEqual([0, 2, 1, false]);
});

import { describe, expect, it } from 'vitest';
import { calibrate, roundMs, runRounds, stepsFor, type Entrant } from './rounds.js';
import { contender, fakeRunning } from './testing/contenders.js';

const signal = new AbortController().signal;

describe('stepsFor', () => {
  it.each([
    ['as many as take the time', { steps: 10, ms: 500 }, 1500, 30],
    ['fewer than were measured', { steps: 100, ms: 10_000 }, 1000, 10],
    ['at least one', { steps: 1, ms: 60_000 }, 1500, 1],
    ['at most 16 times as many as were measured', { steps: 2, ms: 0.01 }, 1500, 32],
    ['a clock that stood still', { steps: 1, ms: 0 }, 1500, 16],
  ])('%s', (_, timing, target, expected) => {
    expect(stepsFor(timing, target)).toBe(expected);
  });
});

describe('calibrate', () => {
  it('ends at steps that take a round, also where the first ones take much longer', async () => {
    const running = fakeRunning((steps, call) => ({ ms: (call === 0 ? 900 : 0) + 4 * steps, loss: 1 }));
    expect(await calibrate(running.run)).toBe(2);
    const steady = fakeRunning((steps) => ({ ms: 3 * steps, loss: 1 }));
    expect(await calibrate(steady.run)).toBe(roundMs / 3);
  });

  it('gives a fast contender enough tries', async () => {
    const running = fakeRunning((steps) => ({ ms: 0.01 * steps, loss: 1 }));
    expect(await calibrate(running.run)).toBe(roundMs / 0.01);
  });

  it.each([null, Infinity])('refuses a loss of %s', async (loss) => {
    const running = fakeRunning(() => ({ ms: 1, loss }));
    await expect(calibrate(running.run)).rejects.toThrow('its loss is not a number');
  });
});

describe('runRounds', () => {
  const entrant = (
    name: string,
    running = fakeRunning((steps) => ({ ms: 10 * steps, loss: 1 })),
  ): Entrant => ({
    contender: contender(name),
    running,
    steps: 5,
  });

  it('has everyone once per round, and each round begins with another one', async () => {
    const turns: string[] = [];
    const entrants = ['a', 'b', 'c'].map((name) => entrant(name));
    const results = await runRounds(entrants, 3, {
      signal,
      beforeRound: () => {
        turns.push('-');
        return Promise.resolve();
      },
      onAnswer: ({ name }, round) => turns.push(`${name}${round}`),
    });
    expect(turns.join(' ')).toBe('- a1 b1 c1 - b2 c2 a2 - c3 a3 b3');
    expect(results.map(({ contender: { name } }) => name)).toEqual(['a', 'b', 'c']);
    expect(results[1]).toMatchObject({ steps: 5, stepsPerSecond: [100, 100, 100] });
  });

  it('measures the others when one fails, and says when and why', async () => {
    const failing = fakeRunning((steps, call) => {
      if (call === 1) throw new Error('out of luck');
      return { ms: steps, loss: 1 };
    });
    const nan = fakeRunning((steps) => ({ ms: steps, loss: null }));
    const entrants = [entrant('good'), entrant('failing', failing), entrant('nan', nan)];
    const rounds: string[] = [];
    const results = await runRounds(entrants, 3, {
      signal,
      onRound: (round, figures) => rounds.push(`${round}: ${figures.map(([{ name }]) => name).join(' ')}`),
    });
    expect(rounds).toEqual(['1: good failing', '2: good', '3: good']);
    expect(results[0]).toMatchObject({ stepsPerSecond: [100, 100, 100] });
    expect(results[1]).toEqual({
      contender: entrants[1]!.contender,
      skipped: 'failed in round 2: out of luck',
    });
    expect(results[2]).toMatchObject({
      skipped: expect.stringContaining('round 1: its loss is not') as string,
    });
    expect([failing.asked.length, nan.asked.length]).toEqual([2, 1]);
  });

  it('stops where the caller refuses to go on without someone', async () => {
    const failing = fakeRunning(() => {
      throw new Error('out of luck');
    });
    const refuse = (): void => {
      throw new Error('no use');
    };
    await expect(runRounds([entrant('a', failing)], 3, { signal, onFailure: refuse })).rejects.toThrow(
      'no use',
    );
  });

  it('stops at Ctrl-C, which is no failure of whoever it ends', async () => {
    const controller = new AbortController();
    const ended = fakeRunning(() => {
      controller.abort();
      throw new Error('ended by SIGINT');
    });
    const failures: unknown[] = [];
    const hooks = { signal: controller.signal, onFailure: (): unknown => failures.push(1) };
    await expect(runRounds([entrant('a', ended), entrant('b')], 3, hooks)).rejects.toThrow();
    expect({ failures, asked: ended.asked }).toEqual({ failures: [], asked: [5] });
  });
});

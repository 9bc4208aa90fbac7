/** That the harness finds what it is there to find, and names the input so that it can be had again. */
import { describe, expect, it } from 'vitest';
import { EngineError } from '../../base/errors.js';
import { mutateBytes } from './bytes.js';
import { Chance } from './chance.js';
import { mutateJson } from './json.js';
import { fuzz, inputOf, type FuzzOptions } from './run.js';
import { relyOn, type Target } from './target.js';

const seed = Buffer.from('a sound input');

/** A parser that refuses everything but what begins with `n`, where it does as it is told. */
function parser(read: (bytes: Uint8Array) => unknown): Target {
  return {
    name: 'made-up',
    seeds: [seed],
    kinds: ['bad-file'],
    mutate: (chance) => mutateBytes(seed, chance, [seed]),
    read: (bytes) => {
      if (bytes[0] === 0x61) throw new EngineError('bad-file', 'x: it begins with a');
      return read(bytes);
    },
  };
}

const kept: Uint8Array[] = [];

/** Keeps a processor busy. */
function work(milliseconds: number): void {
  const start = process.cpuUsage();
  const used = (): number => {
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  while (used() < 1000 * milliseconds);
}

describe('the harness fails', () => {
  it.each<[name: string, read: (bytes: Uint8Array) => unknown, why: RegExp]>([
    [
      'an error that is not of this project',
      () => (undefined as unknown as { x: number }).x,
      /it threw TypeError/,
    ],
    ['a stack that overflows', (bytes) => JSON.stringify(nested(bytes.length)), /it threw RangeError/],
    [
      'an error of another kind',
      () => {
        throw new EngineError('bug', 'x');
      },
      /an error of kind bug: x/,
    ],
    [
      'a check of what was read',
      () => {
        relyOn([].length > 0, 'it is empty');
      },
      /it was read, but it is empty/,
    ],
    ['a promise that is broken', () => Promise.reject(new Error('late')), /it threw Error: late/],
    [
      'an input that takes much memory',
      () => kept.push(new Uint8Array(600 * 2 ** 20).fill(1)),
      /grew by \d+ MiB/,
    ],
  ])('%s', async (_, read, why) => {
    const failure = await failureOf(parser(read));
    kept.length = 0;
    expect(failure.message).toMatch(why);
    const [, from, index] = /^made-up, seed (\d+), index (\d+): /.exec(failure.message) ?? [];
    const shown = /input \(base64\): (\S*)/.exec(failure.message)?.[1] ?? '';
    expect(Buffer.from(inputOf(parser(read), Number(from), Number(index))).toString('base64')).toBe(shown);
    expect(failure.message).toContain(`FUZZ="made-up:${from}:${index}"`);
  });

  it('an input that takes too long, time after time', async () => {
    const slow = parser(() => {
      work(60);
    });
    expect((await failureOf(slow, { slowest: 50 })).message).toMatch(/it took \d+ ms/);
  });

  it('a message without an end', async () => {
    const endless = parser(() => {
      throw Object.assign(new EngineError('bad-file', 'x'), { describe: () => 'x'.repeat(20_000) });
    });
    expect((await failureOf(endless)).message).toMatch(/a message of 20000 characters/);
  });

  it('a message that would steer a terminal', async () => {
    const steering = parser(() => {
      throw Object.assign(new EngineError('bad-file', 'x'), { describe: () => '\u001b[2J' });
    });
    expect((await failureOf(steering)).message).toMatch(/a message with a control character/);
  });
});

it('the harness passes what refuses by name, and one stumble', async () => {
  let stumbles = 0;
  const figures = await fuzz(
    parser(() => {
      if (stumbles++ === 0) work(250);
    }),
    { seed: 5, count: 200, slowest: 200 },
  );
  expect(figures.accepted).toBeGreaterThan(10);
  expect(figures.refused).toBeGreaterThan(10);
  expect(stumbles).toBeGreaterThan(figures.accepted);
});

describe('mutations', () => {
  const draw = (index: number): Chance => new Chance('mutations', 1, index);

  it('of bytes differ from each other, and hardly ever do nothing', () => {
    const inputs = Array.from({ length: 500 }, (_, index) =>
      Buffer.from(mutateBytes(seed, draw(index), [seed])).toString('hex'),
    );
    expect(new Set(inputs).size).toBeGreaterThan(400);
    expect(inputs.filter((input) => input === seed.toString('hex')).length).toBeLessThan(50);
  });

  it('of JSON are JSON for the most part, of other values', () => {
    const text = '{"a":[1,2,{"b":"c"}],"d":null}';
    const inputs = Array.from({ length: 500 }, (_, index) => mutateJson(text, draw(index), [text]));
    const isJson = (input: string): boolean => {
      try {
        JSON.parse(input);
        return true;
      } catch {
        return false;
      }
    };
    const sound = inputs.filter(isJson);
    expect(sound.length).toBeGreaterThan(250);
    expect(sound.length).toBeLessThan(500);
    expect(new Set(sound).size).toBeGreaterThan(150);
    for (const wanted of ['__proto__', '1e', 'null', '[[', '"a":1,"'])
      expect(
        inputs.some((input) => input.includes(wanted)),
        wanted,
      ).toBe(true);
  });
});

function nested(least: number): unknown {
  let list: unknown = [];
  for (let depth = 0; depth < least + 100_000; depth++) list = [list];
  return list;
}

async function failureOf(target: Target, limits: Pick<FuzzOptions, 'slowest'> = {}): Promise<Error> {
  try {
    await fuzz(target, { seed: 1, count: 300, ...limits });
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was found');
}

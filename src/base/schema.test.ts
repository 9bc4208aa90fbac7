import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { EngineError } from './errors.js';
import {
  check,
  exactRecord,
  finite,
  flag,
  line,
  list,
  numbers,
  oneOf,
  parseJson,
  record,
  sha256Text,
  whole,
  type Schema,
} from './schema.js';

const about = { file: 'a.json', remedy: 'write it again', largest: 2 ** 24 };
const run = record({ seed: whole(), best: v.nullable(record({ epoch: whole(1), loss: finite('a loss') })) });
const schema = record({ name: line(), runs: list(run, 'a list of runs', { least: 1 }), losses: numbers() });
const sound = {
  name: 'a',
  runs: [
    { seed: 0, best: null },
    { seed: 1, best: { epoch: 2, loss: 0.5 } },
  ],
  losses: [1, 2],
};

function refusal(content: string | Uint8Array, of: Schema = schema): EngineError {
  try {
    parseJson(of, content, about);
  } catch (error) {
    return error as EngineError;
  }
  throw new Error('it was not refused');
}

describe('a JSON text', () => {
  it('comes back with what the schema names, as text or as bytes', () => {
    const text = JSON.stringify({ ...sound, more: [[1]] });
    expect(parseJson(schema, text, about)).toEqual(sound);
    expect(parseJson(schema, new TextEncoder().encode(text), about)).toEqual(sound);
  });

  it.each<[what: string, change: object, message: string, found: string, expected: string]>([
    ['a field of another type', { name: 7 }, 'name is wrong', '7', 'a text in one line'],
    ['a missing field', { name: undefined }, 'name is wrong', 'nothing', 'a text in one line'],
    ['too few', { runs: [] }, 'runs is wrong', '[]', 'a list of runs, at least 1'],
    ['an object for a list', { runs: { 0: 1 } }, 'runs is wrong', '{"0":1}', 'a list of runs'],
    ['a list for an object', { runs: [[]] }, 'runs[0] is wrong', '[]', 'an object'],
    [
      'something far inside',
      { runs: [sound.runs[0], { seed: 1, best: { epoch: 0, loss: 1 } }] },
      'runs[1].best.epoch is wrong',
      '0',
      'a whole number of at least 1',
    ],
    [
      'a hole far inside',
      { runs: [{ seed: 1, best: { epoch: 1 } }] },
      'runs[0].best.loss is wrong',
      'nothing',
      'a loss',
    ],
    ['a number that is none', { losses: [1, null] }, 'losses is wrong', '[1,null]', 'a list of numbers'],
  ])('with %s is refused', (_, change, message, found, expected) => {
    const error = refusal(JSON.stringify({ ...sound, ...change }));
    expect(error).toMatchObject({ kind: 'bad-file', message: `a.json: ${message}`, found, expected });
    expect(error.remedy).toBe('write it again');
  });

  it.each<[what: string, text: string, message: RegExp]>([
    ['no JSON', '{"a"', /it is not JSON/],
    ['no object', '[]', /its content is wrong[^]*an object/],
    ['lists in each other', '['.repeat(100_000) + ']'.repeat(100_000), /nested too deeply/],
    ['objects in each other', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, /nested too deeply/],
    ['millions of lists', `[${'[],'.repeat(4_300_000)}[]]`, /millions of lists or texts/],
    ['millions of texts', `[${'"",'.repeat(4_300_000)}""]`, /millions of lists or texts/],
    ['more bytes than it may have', ' '.repeat(2 ** 24 + 1), /it is too large[^]*16,777,217 bytes/],
  ])('with %s is refused', (_, text, message) => {
    expect(refusal(text).describe()).toMatch(message);
  });

  it('may have brackets in its texts, and quotes', () => {
    const name = `${'['.repeat(200)}\\"{${'"'.repeat(9)}`;
    expect(parseJson(schema, JSON.stringify({ ...sound, name }), about).name).toBe(name);
  });

  it('does not reach prototypes', () => {
    const any = record({ constructor: v.optional(line()) });
    const read = parseJson(any, '{"__proto__":{"constructor":"a","b":1}}', about);
    expect(Object.keys(read)).toEqual([]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});

it('an exact record has no other keys', () => {
  const exact = record({ entry: exactRecord({ kernel: oneOf(['a', 'b']), fused: flag() }) });
  const entry = { kernel: 'a', fused: true };
  expect(check(exact, { entry })).toEqual({ value: { entry }, fault: null });
  const expected = 'an object with the keys kernel, fused, and no others';
  expect(check(exact, { entry: { ...entry, 'x y': 1 } }).fault).toEqual({
    path: 'entry',
    found: 'the key "x y"',
    expected,
  });
  expect(refusal('{"entry":{"kernel":"a","fused":true,"__proto__":1}}', exact).describe()).toContain(
    'the key "__proto__"',
  );
});

it.each<[schema: Schema, good: readonly unknown[], bad: readonly unknown[]]>([
  [whole(1, 3), [1, 3], [0, 4, 1.5, '1', null, undefined, NaN, true]],
  [finite('above 0', (value) => value > 0), [0.1, 1e300], [0, -1, Infinity, NaN, '1', null]],
  [line(), ['', 'お'], ['a\nb', '\u001b[2J', '\ud800', 'a'.repeat(1001), 1]],
  [oneOf(['l2', 'decoupled']), ['l2'], ['L2', 0, null, 'toString']],
  [sha256Text, ['0'.repeat(64)], ['0'.repeat(63), `${'0'.repeat(64)}\n`, 'G'.repeat(64)]],
])('values %#', (each, good, bad) => {
  for (const value of good) expect(check(each, value).fault).toBeNull();
  for (const value of bad) expect(check(each, value).fault).not.toBeNull();
});

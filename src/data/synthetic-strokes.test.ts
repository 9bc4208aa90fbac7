import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadCharacters, parseCharacters } from './synthetic/strokes.js';
import { engineError } from '../formats/testing/bytes.js';

const form = { name: 'modern', strokes: ['10,20 30,40,0.5! 50,60'] };
const other = { name: 'linked', strokes: ['0,0 100,100', '5,5,2 6,6,0.25'] };
const character = { name: 'o', kana: 'お', forms: [form, other] };
const second = { ...character, name: 'ki', kana: 'き' };

const text = (...characters: readonly unknown[]): string => JSON.stringify({ characters });
const withStroke = (stroke: unknown): string =>
  text({ ...character, forms: [{ ...form, strokes: [stroke] }, other] }, second);

describe('data/strokes.json', () => {
  const characters = loadCharacters();

  test('ten kana, in the order of the classes', () => {
    expect(characters.map(({ kana }) => kana).join('')).toBe('おきすつなはまやれを');
    expect(characters.map(({ name }) => name).join(' ')).toBe('o ki su tsu na ha ma ya re wo');
  });

  test('every form fills its square and is unlike the others', () => {
    const all = characters.flatMap(({ forms }) => forms);
    for (const { strokes } of all) {
      const points = strokes.flat();
      const width = Math.max(...points.map(({ x }) => x)) - Math.min(...points.map(({ x }) => x));
      const height = Math.max(...points.map(({ y }) => y)) - Math.min(...points.map(({ y }) => y));
      expect(Math.max(width, height)).toBeGreaterThan(0.8);
      expect(Math.min(width, height)).toBeGreaterThan(0.5);
    }
    expect(new Set(all.map(({ strokes }) => JSON.stringify(strokes))).size).toBe(all.length);
  });
});

describe('reading skeletons', () => {
  test('points in the unit square, pressure and corners', () => {
    const [first] = parseCharacters(text(character, second), 'test.json');
    expect(first?.forms[0]?.strokes).toEqual([
      [
        { x: 0.1, y: 0.2, pressure: 1, corner: false },
        { x: 0.3, y: 0.4, pressure: 0.5, corner: true },
        { x: 0.5, y: 0.6, pressure: 1, corner: false },
      ],
    ]);
    expect(first?.forms[1]?.strokes).toHaveLength(2);
  });

  const reform = (...forms: readonly unknown[]): string => text({ ...character, forms }, second);

  test.each([
    ['no JSON', '{', 'is not JSON'],
    ['another shape', '[]', 'its content is wrong\n  found:    []\n  expected: an object'],
    ['no characters', '{"about": []}', 'characters is wrong\n  found:    nothing\n  expected: a list'],
    ['one character only', text(character), 'characters is wrong'],
    ['two of one name', text(character, character), 'found:    "o"\n  expected: names that differ'],
    ['no kana', text({ ...character, kana: '' }, second), 'characters[0].kana is wrong\n  found:    ""'],
    ['one form only', text(character, { ...second, forms: [form] }), 'characters[1].forms is wrong'],
    ['two forms of one name', reform(form, form), 'characters[0].forms[1] is wrong\n  found:    "modern"'],
    ['a form without strokes', reform({ ...form, strokes: [] }, other), 'characters[0].forms[0].strokes is'],
    ['a stroke that is no text', withStroke([1, 2]), 'strokes[0] is wrong\n  found:    [1,2]'],
    ['a single point', withStroke('10,20'), 'found:    "10,20"\n  expected: at least two points'],
    ['a point twice', withStroke('10,20 30,40 30,40,0.5'), 'expected: each point to differ'],
    ['a point beyond the square', withStroke('10,20 101,20'), 'found:    "101,20"\n  expected: x,y or'],
    ['a negative coordinate', withStroke('10,20 -1,20'), 'found:    "-1,20"'],
    ['a coordinate missing', withStroke('10,20 30'), 'found:    "30"'],
    ['two spaces', withStroke('10,20  30,40'), 'found:    ""'],
    ['no pressure at all', withStroke('10,20,0 30,40'), 'found:    "10,20,0"'],
    ['control codes', '{"characters": "\\u001b[2J\\u009b"}', 'found:    "\\u001b[2J\\u009b"'],
    ['control codes for a name', text(second, { ...character, name: '\u009b' }), 'found:    "\\u009b"'],
    ['lists in each other', `{"characters": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'too deeply'],
    ['a stroke without end', withStroke('1,'.repeat(100_000)), '...'],
    ['too much pressure', withStroke('10,20 30,40,2.5'), 'found:    "30,40,2.5"'],
  ])('refuses %s', async (_, json, message) => {
    const error = await engineError(() => parseCharacters(json, 'test.json'), 'bad-file', 'test.json');
    expect(error.describe()).toContain(message);
  });
});

test('only arithmetic that ECMAScript fixes to the last bit decides the bytes', () => {
  const exact = new Set(['Math.sqrt', 'Math.floor', 'Math.min', 'Math.max', 'Math.abs']);
  const folder = new URL('./synthetic/', import.meta.url);
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'));
  const code = sources.join('\n').replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, '');
  expect((code.match(/Math\.\w+/g) ?? []).filter((used) => !exact.has(used))).toEqual([]);
  expect(code).not.toMatch(/\*\*|\.normal\(|Date|performance|toFixed|\.sort\(/);
});

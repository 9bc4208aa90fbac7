import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EngineError } from '../../base/errors.js';
import { badFile, excerpt, reasonOf, shown, unreadable } from '../../base/bad-file.js';

/** A point that the pen passes, in the unit square of its character: x to the right, y down. */
export interface ControlPoint {
  readonly x: number;
  readonly y: number;
  /** Pen width here, as a share of the writer's usual width. */
  readonly pressure: number;
  /** The pen turns sharply here; elsewhere it glides through. */
  readonly corner: boolean;
}

/** The way of the pen from touching the paper to leaving it: at least two points. */
export type Stroke = readonly ControlPoint[];

/** One way of writing a character. */
export interface Form {
  readonly name: string;
  /** In writing order. */
  readonly strokes: readonly Stroke[];
}

/** A class of the data set: one character in several written forms. */
export interface Character {
  /** Romaji; the class name. */
  readonly name: string;
  readonly kana: string;
  /** At least two, the most common one first. */
  readonly forms: readonly Form[];
}

const file = new URL('../../../data/strokes.json', import.meta.url);

/**
 * The characters of `data/strokes.json`, in class order.
 * @throws EngineError `no-data` if the file cannot be read, `bad-file` if its content is wrong
 */
export function loadCharacters(): readonly Character[] {
  const path = fileURLToPath(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  return parseCharacters(text, path);
}

/**
 * Reads stroke skeletons from JSON text; the format is described in the file itself.
 * @param source names the text in errors
 * @throws EngineError `bad-file`, naming character, form and stroke
 */
export function parseCharacters(text: string, source: string): readonly Character[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw badFile(source, 'is not JSON', { found: reasonOf(cause), expected: 'JSON', cause });
  }
  const characters = list(field(json, 'characters', source), 2, 'characters', source).map((value, index) =>
    parseCharacter(value, `${source}: character ${index}`),
  );
  refuseRepeats(characters, source);
  return characters;
}

function parseCharacter(value: unknown, where: string): Character {
  const name = word(field(value, 'name', where), 'the name', where);
  const here = `${where} (${excerpt(name)})`;
  const forms = list(field(value, 'forms', here), 2, 'forms', here).map((form, index) =>
    parseForm(form, `${here}, form ${index}`),
  );
  refuseRepeats(forms, here);
  return { name, kana: word(field(value, 'kana', here), 'the kana', here), forms };
}

function parseForm(value: unknown, where: string): Form {
  const name = word(field(value, 'name', where), 'the name', where);
  const here = `${where} (${excerpt(name)})`;
  const strokes = list(field(value, 'strokes', here), 1, 'strokes', here).map((stroke, index) =>
    parseStroke(stroke, `${here}, stroke ${index}`),
  );
  return { name, strokes };
}

function parseStroke(value: unknown, where: string): Stroke {
  const text = word(value, 'the stroke', where);
  const points = text.split(' ').map((point) => parsePoint(point, where));
  if (points.length < 2)
    throw wrong(where, 'a stroke is too short', `"${excerpt(text)}"`, 'at least two points');
  const still = points.findIndex(
    ({ x, y }, index) => points[index - 1]?.x === x && points[index - 1]?.y === y,
  );
  if (still > 0)
    throw wrong(
      where,
      'the pen stands still',
      `"${excerpt(text)}"`,
      `point ${still + 1} to differ from the one before`,
    );
  return points;
}

const pointPattern = /^(\d{1,3}),(\d{1,3})(?:,(\d(?:\.\d{1,2})?))?(!?)$/;

function parsePoint(text: string, where: string): ControlPoint {
  const [matched, across, down, weight = '1', mark] = pointPattern.exec(text) ?? [];
  const [x, y, pressure] = [Number(across), Number(down), Number(weight)];
  if (matched === undefined || x > 100 || y > 100 || pressure <= 0 || pressure > 2)
    throw wrong(
      where,
      'a point is wrong',
      `"${excerpt(text)}"`,
      'x,y or x,y,pressure, with ! behind a corner: x and y whole numbers from 0 to 100, pressure above 0 and at most 2',
    );
  return { x: x / 100, y: y / 100, pressure, corner: mark === '!' };
}

function field(value: unknown, key: string, where: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key))
    throw wrong(where, `"${key}" is missing`, describe(value), `an object with "${key}"`);
  return (value as Readonly<Record<string, unknown>>)[key];
}

function list(value: unknown, least: number, what: string, where: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least)
    throw wrong(where, `"${what}" is too short or no list`, describe(value), `a list of at least ${least}`);
  return value as readonly unknown[];
}

function word(value: unknown, what: string, where: string): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw wrong(where, `${what} is not text`, describe(value), 'text that is not empty');
  return value;
}

function refuseRepeats(named: readonly { readonly name: string }[], where: string): void {
  const names = named.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw wrong(where, 'a name occurs twice', `"${excerpt(repeated)}"`, 'names that differ');
}

/** @param where the file, then the place in it */
function wrong(where: string, what: string, found: string, expected: string): EngineError {
  return badFile(where, what, { found, expected });
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value !== 'object' || value === null) return shown(value);
  return `an object with ${excerpt(Object.keys(value).join(', ')) || 'nothing'}`;
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../base/errors.js';

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
  /** At least two. */
  readonly forms: readonly Form[];
}

const file = new URL('../../../data/strokes.json', import.meta.url);

/** The characters of `data/strokes.json`, in class order. Throws `bad-file` if the file is missing or wrong. */
export function loadCharacters(): readonly Character[] {
  const path = fileURLToPath(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new EngineError('bad-file', `The stroke skeletons cannot be read: ${path}`, {
      remedy: 'restore data/strokes.json; it is part of the project',
      cause,
    });
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
    throw new EngineError('bad-file', `${source} is not JSON`, { cause });
  }
  const characters = list(field(json, 'characters', source), 2, 'characters', source).map((value, index) =>
    parseCharacter(value, `${source}: character ${index}`),
  );
  refuseRepeats(characters, source);
  return characters;
}

function parseCharacter(value: unknown, where: string): Character {
  const name = word(field(value, 'name', where), 'name', where);
  const here = `${where} (${name})`;
  const forms = list(field(value, 'forms', here), 2, 'forms', here).map((form, index) =>
    parseForm(form, `${here}, form ${index}`),
  );
  refuseRepeats(forms, here);
  return { name, kana: word(field(value, 'kana', here), 'kana', here), forms };
}

function parseForm(value: unknown, where: string): Form {
  const name = word(field(value, 'name', where), 'name', where);
  const here = `${where} (${name})`;
  const strokes = list(field(value, 'strokes', here), 1, 'strokes', here).map((stroke, index) =>
    parseStroke(stroke, `${here}, stroke ${index}`),
  );
  return { name, strokes };
}

function parseStroke(value: unknown, where: string): Stroke {
  const points = word(value, 'stroke', where)
    .split(' ')
    .map((point) => parsePoint(point, where));
  if (points.length < 2) throw wrong('a stroke needs at least two points', where, `${points.length}`);
  points.forEach((point, index) => {
    const before = points[index - 1];
    if (before?.x === point.x && before.y === point.y)
      throw wrong(
        'neighbouring points of a stroke must differ',
        where,
        `${point.x * 100},${point.y * 100} twice`,
      );
  });
  return points;
}

const pointPattern = /^(\d{1,3}),(\d{1,3})(?:,(\d(?:\.\d{1,2})?))?(!?)$/;

function parsePoint(text: string, where: string): ControlPoint {
  const match = pointPattern.exec(text);
  if (match === null)
    throw wrong('a point must be x,y or x,y,pressure, and may end in !', where, `"${text}"`);
  const x = Number(match[1]);
  const y = Number(match[2]);
  const pressure = Number(match[3] ?? 1);
  if (x > 100 || y > 100) throw wrong('coordinates must be whole numbers from 0 to 100', where, `"${text}"`);
  if (pressure <= 0 || pressure > 2)
    throw wrong('pressure must be above 0 and at most 2', where, `"${text}"`);
  return { x: x / 100, y: y / 100, pressure, corner: match[4] === '!' };
}

function field(value: unknown, key: string, where: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(`an object with "${key}" was expected`, where, describe(value));
  if (!Object.hasOwn(value, key))
    throw wrong(`"${key}" is missing`, where, `keys ${Object.keys(value).join(', ')}`);
  return (value as Readonly<Record<string, unknown>>)[key];
}

function list(value: unknown, least: number, what: string, where: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length < least)
    throw wrong(`"${what}" must be a list of at least ${least}`, where, describe(value));
  return value as readonly unknown[];
}

function word(value: unknown, what: string, where: string): string {
  if (typeof value !== 'string' || value.trim() === '')
    throw wrong(`${what} must be text`, where, describe(value));
  return value;
}

function refuseRepeats(named: readonly { readonly name: string }[], where: string): void {
  const names = named.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw wrong('names must differ', where, `"${repeated}" twice`);
}

function wrong(message: string, where: string, found: string): EngineError {
  return new EngineError('bad-file', `${where}: ${message}`, { found });
}

function describe(value: unknown): string {
  return Array.isArray(value) ? `a list of ${value.length}` : JSON.stringify(value);
}

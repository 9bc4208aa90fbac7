import * as v from 'valibot';
import { line, list, parseJson, record, text } from '../../base/schema.js';
import { platform } from '../../platform/index.js';

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

const path = 'data/strokes.json';

/**
 * The characters of `data/strokes.json`, in class order. @throws EngineError `bug` if the package lacks it
 */
export function loadCharacters(): readonly Character[] {
  return parseCharacters(platform.packageText(path), path);
}

/**
 * Reads stroke skeletons from JSON text; the format is described in the file itself.
 * @param file names the text in errors
 * @throws EngineError `bad-file`, naming the place
 */
export function parseCharacters(json: string, file: string): readonly Character[] {
  return parseJson(schema, json, { file, remedy, largest: 1 << 20 }).characters;
}

const remedy = 'replace the file by a sound copy from where it came';

const pointPattern = /^(\d{1,3}),(\d{1,3})(?:,(\d(?:\.\d{1,2})?))?(!?)$/;

/** Undefined if it is no point. */
function parsePoint(given: string): ControlPoint | undefined {
  const [matched, across, down, weight = '1', mark] = pointPattern.exec(given) ?? [];
  const [x, y, pressure] = [Number(across), Number(down), Number(weight)];
  if (matched === undefined || x > 100 || y > 100 || pressure <= 0 || pressure > 2) return undefined;
  return { x: x / 100, y: y / 100, pressure, corner: mark === '!' };
}

const aPoint =
  'x,y or x,y,pressure, with ! behind a corner: x and y whole numbers from 0 to 100, ' +
  'pressure above 0 and at most 2';

/** The place of a fault in a list. */
function step(input: unknown[], key: number): v.ArrayPathItem {
  return { type: 'array', origin: 'value', input, key, value: input[key] };
}

const stroke = v.pipe(
  text('a text of points'),
  v.transform((given) => given.split(' ')),
  v.minLength(2, 'at least two points'),
  v.rawTransform<string[], Stroke>(({ dataset, addIssue, NEVER }) => {
    const points = dataset.value.map(parsePoint);
    const wrong = points.indexOf(undefined);
    if (wrong < 0) return points as ControlPoint[];
    addIssue({ message: aPoint, path: [step(dataset.value, wrong)] });
    return NEVER;
  }),
  v.check(
    (points) => points.every(({ x, y }, i) => points[i - 1]?.x !== x || points[i - 1]?.y !== y),
    'each point to differ from the one before: the pen does not stand still',
  ),
);

/** At least `least` of a kind, no two of one name. */
function named<T extends { readonly name: string }>(item: v.GenericSchema<unknown, T>, least: number) {
  return v.pipe(
    list(item, 'a list', { least }),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const names = dataset.value.map(({ name }) => name);
      const repeated = names.findIndex((name, index) => names.indexOf(name) !== index);
      if (repeated >= 0) addIssue({ message: 'names that differ', path: [step(names, repeated)] });
    }),
  );
}

const name = v.pipe(line('a text that is not empty'), v.regex(/\S/, 'a text that is not empty'));
const form = record({ name, strokes: list(stroke, 'a list', { least: 1 }) });
const schema = record({ characters: named(record({ name, kana: name, forms: named(form, 2) }), 2) });

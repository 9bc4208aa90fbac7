/**
 * One way to read JSON that this program may not have written: bounds first, then `JSON.parse`, then a schema
 * (valibot).
 *
 * The schemas here carry what they expect as their message, so that every refusal says in the same form what
 * was found and what was expected, and where: `summary.json: variants[0].runs[2].best.epoch is wrong`.
 */
import * as v from 'valibot';
import { badFile, byteCount, excerpt, reasonOf, shown } from './bad-file.js';

/** Any schema of this project: its messages are what it expects, in words. */
export type Schema<T = unknown> = v.GenericSchema<unknown, T>;

/** What is wrong with a value. */
export interface Fault {
  /** Where in the value, such as `runs[2].best.epoch`; empty for the value itself. */
  readonly path: string;
  /** What stands there, as a message can show it. */
  readonly found: string;
  readonly expected: string;
}

/**
 * Checks a value and takes over what the schema names.
 * @returns the value in the schema's type, or the first fault
 */
export function check<T>(
  schema: Schema<T>,
  value: unknown,
): { readonly value: T; readonly fault: null } | { readonly value: null; readonly fault: Fault } {
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true, abortPipeEarly: true });
  return success ? { value: output, fault: null } : { value: null, fault: faultOf(issues[0]) };
}

function faultOf({ path, input, expected, message }: v.BaseIssue<unknown>): Fault {
  // An unknown key is a fault of the object that has it.
  const isUnknownKey = expected === 'never';
  const place = (path ?? []).slice(0, isUnknownKey ? -1 : undefined);
  return {
    path: place
      .map(({ key }) => step(key))
      .join('')
      .replace(/^\./, ''),
    // A check of several fields together is told at one of them.
    found: isUnknownKey ? `the key ${shown(input)}` : shown(path === undefined ? input : path.at(-1)!.value),
    expected: message,
  };
}

function step(key: unknown): string {
  if (typeof key === 'number') return `[${key}]`;
  return typeof key === 'string' && /^[\w-]+$/.test(key) ? `.${excerpt(key)}` : `[${shown(key)}]`;
}

/** What messages say of where JSON stands. */
export interface JsonPlace {
  /** The path of its file, as the person knows it. */
  readonly file: string;
  /** What to do if it is damaged. */
  readonly remedy: string;
}

/** A file that holds JSON. */
export interface JsonFile extends JsonPlace {
  /** Bytes that it may have. */
  readonly largest: number;
}

/**
 * Reads a JSON text.
 * @throws EngineError `bad-file` naming the file, the place in it, what was found and expected there, and
 *   what to do
 */
export function parseJson<T>(schema: Schema<T>, content: string | Uint8Array, about: JsonFile): T {
  const { file, remedy } = about;
  checkSize(content.length, about);
  const text = typeof content === 'string' ? content : new TextDecoder().decode(content);
  const excess = excessOf(text);
  if (excess !== null) throw badFile(file, 'it is no file of wgsl-train', { ...excess, remedy });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw badFile(file, 'it is not JSON', { found: reasonOf(cause), expected: 'JSON', remedy, cause });
  }
  return requireJson(schema, parsed, about);
}

/** Checks what was parsed of a file. @throws EngineError as `parseJson` */
export function requireJson<T>(schema: Schema<T>, parsed: unknown, { file, remedy }: JsonPlace): T {
  const { value, fault } = check(schema, parsed);
  if (fault === null) return value;
  const { path, found, expected } = fault;
  throw badFile(file, `${path === '' ? 'its content' : path} is wrong`, { found, expected, remedy });
}

/** @throws EngineError `bad-file` if a file has more bytes than one of its kind may have */
export function checkSize(bytes: number, { file, remedy, largest }: JsonFile): void {
  if (bytes > largest)
    throw badFile(file, 'it is too large', {
      found: byteCount(bytes),
      expected: `at most ${byteCount(largest)}`,
      remedy,
    });
}

/**
 * More lists, objects and texts than any file of a run has: 10,000 seeds of seven variants have 3,500,000.
 * `JSON.parse` takes about a hundred bytes, and a third of a microsecond, for each.
 */
const mostParts = 2 ** 22;

/** Lists and objects in each other; `JSON.parse` takes any number of them, what reads its result does not. */
const mostDepth = 100;

/** What makes a JSON text too costly to read; null for what can be read. */
function excessOf(text: string): Pick<Fault, 'found' | 'expected'> | null {
  let [parts, depth] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === codes.quote) {
      parts++;
      at = endOfString(text, at);
    } else if (code === codes.openBracket || code === codes.openBrace) {
      parts++;
      depth++;
    } else if (code === codes.closeBracket || code === codes.closeBrace) depth--;
    if (depth > mostDepth)
      return { found: 'lists or objects nested too deeply', expected: `at most ${mostDepth} in each other` };
    if (parts > mostParts)
      return {
        found: 'millions of lists or texts',
        expected: `at most ${mostParts.toLocaleString('en-US')}`,
      };
  }
  return null;
}

const codes = {
  quote: 34,
  backslash: 92,
  openBracket: 91,
  closeBracket: 93,
  openBrace: 123,
  closeBrace: 125,
};

/** The place of a string's closing quote, or the end of the text. @param start of its opening quote */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== codes.quote)
    at += text.charCodeAt(at) === codes.backslash ? 2 : 1;
  return at;
}

/** An object with these keys; others are left out of what is returned. */
export function record<const E extends v.ObjectEntries>(entries: E, expected = 'an object') {
  return v.pipe(objectWith(entries, expected), v.object(entries, expected));
}

/** An object with these keys; others are returned as they are. */
export function openRecord<const E extends v.ObjectEntries>(entries: E, expected = 'an object') {
  return v.pipe(objectWith(entries, expected), v.looseObject(entries, expected));
}

/** An object with these keys, and no others. */
export function exactRecord<const E extends v.ObjectEntries>(entries: E) {
  const expected = `an object with the keys ${Object.keys(entries).join(', ')}, and no others`;
  return v.pipe(objectWith(entries, expected), v.strictObject(entries, expected));
}

/** An object of values of one kind, by names that are shown in one line. */
export function byName<T>(value: Schema<T>, expected: string) {
  return v.pipe(v.custom<object>(isObject, expected), v.record(line(expected), value, expected));
}

/** An object, with `undefined` for each key that it lacks: the key's schema then says what was expected. */
function objectWith<E extends v.ObjectEntries>(entries: E, expected: string) {
  type Input = v.InferInput<v.ObjectSchema<E, string>>;
  const required = Object.keys(entries).filter((key) => !entries[key]!.type.endsWith('optional'));
  const absent = Object.fromEntries(required.map((key) => [key, undefined]));
  return v.pipe(
    v.custom<Input>(isObject, expected),
    // Without a prototype: `constructor` is no key of it.
    v.transform(
      (value): Input => Object.assign(Object.create(null) as object, absent, value as object) as Input,
    ),
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A list of at least `least` and at most `most`. */
export function list<T>(
  item: Schema<T>,
  expected = 'a list',
  { least = 0, most = Infinity }: { readonly least?: number; readonly most?: number } = {},
): Schema<readonly T[]> {
  const isSized = (values: T[]): boolean => values.length >= least && values.length <= most;
  return v.pipe(
    v.array(item, expected),
    v.check(isSized, least > 0 ? `${expected}, at least ${least}` : expected),
  );
}

/** A list of finite numbers, checked as a whole: they come by the million. */
export function numbers(expected = 'a list of numbers') {
  return v.custom<readonly number[]>(
    (value) => Array.isArray(value) && value.every(Number.isFinite),
    expected,
  );
}

/** A whole number in a range. */
export function whole(least = 0, most = Number.MAX_SAFE_INTEGER, expected = rangeOf(least, most)) {
  return v.custom<number>(
    (value) => Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
    expected,
  );
}

function rangeOf(least: number, most: number): string {
  return most === Number.MAX_SAFE_INTEGER
    ? `a whole number of at least ${least}`
    : `a whole number from ${least} to ${most}`;
}

/** A finite number, in a range if `accepts` says so. */
export function finite(expected = 'a number', accepts: (value: number) => boolean = () => true) {
  return v.custom<number>((value) => Number.isFinite(value) && accepts(value as number), expected);
}

/** Any text. */
export function text(expected = 'a text') {
  return v.string(expected);
}

const longestLine = 1000;

/** A text that is shown in one line, and may become the name of a folder. */
export function line(expected = 'a text in one line', longest = longestLine) {
  return v.custom<string>(
    (value) => typeof value === 'string' && value.length <= longest && !/\p{Cc}|\p{Cs}/u.test(value),
    expected,
  );
}

/** A text that matches. */
export function matching(pattern: RegExp, expected: string) {
  return v.pipe(v.string(expected), v.regex(pattern, expected));
}

/** A hash as hexadecimal. */
export const sha256Text = matching(/^[0-9a-f]{64}$/, '64 hexadecimal digits');

/** True or false. */
export function flag(expected = 'true or false') {
  return v.boolean(expected);
}

/** One of some values. */
export function oneOf<const T extends string | number>(
  values: readonly T[],
  expected = `one of ${values.join(', ')}`,
) {
  return v.picklist(values, expected);
}

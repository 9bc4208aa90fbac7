/** Tuning files: which variants of the matrix product were measured to be faster than what the rules choose, on one adapter. */
import { EngineError } from '../base/errors.js';
import { excerpt, shown } from '../base/bad-file.js';
import type { TuningEntry } from '../gpu/index.js';
import { kernels } from './registry.js';
import { hasWholeTiles } from './rules.js';
import { productVariants } from './source.js';

/** What a tuning file says. */
export interface Tuning {
  /** The description of the adapter that it was measured on, and the size of its subgroups; it is for no other. */
  readonly adapter: string;
  readonly subgroupSize: number | null;
  /** First match first. */
  readonly entries: readonly TuningEntry[];
}

/** Of the file's layout; a file with another number is refused. */
export const tuningFormat = 1;

/** Bytes that a file may have; one of this project's takes some thousand. */
export const largestTuningFile = 65_536;

const fileKeys = ['format', 'adapter', 'subgroupSize', 'entries'] as const;
const sizeKeys = ['rows', 'columns', 'inner'] as const;
const matchKeys = ['kernel', ...sizeKeys] as const;
const entryKeys = [...matchKeys, 'variant'] as const;

const remedy = 'make the file anew with node scripts/tune.js, or leave out --tuning';

/**
 * Reads the text of a tuning file.
 * @param file its name, for messages
 * @throws EngineError `bad-file` naming the file, the key, what was expected there, and what to do
 */
export function parseTuning(text: string, file: string): Tuning {
  const refuse: Refuse = (where, found, expected, cause) => {
    throw new EngineError('bad-file', `${file}: ${where} is not what a tuning file has there`, {
      found: shorten(found),
      expected,
      remedy,
      cause,
    });
  };
  if (text.length > largestTuningFile)
    refuse('the size', `${text.length} characters`, `at most ${largestTuningFile}`);
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    refuse('the text', (cause as Error).message, 'JSON', cause);
  }
  const whole = record(root, 'the whole', fileKeys, refuse);
  if (whole.format !== tuningFormat)
    refuse('format', whole.format, `${tuningFormat}, the one format that this version reads`);
  const { adapter, subgroupSize, entries } = whole;
  if (typeof adapter !== 'string' || adapter.trim() === '' || /\p{Cc}/u.test(adapter))
    refuse('adapter', adapter, "the adapter's description, in one line");
  if (subgroupSize !== null && !isSize(subgroupSize))
    refuse('subgroupSize', subgroupSize, 'a whole number of at least 1, or null where sizes differ');
  if (!Array.isArray(entries)) refuse('entries', entries, 'a list of choices');
  const parsed = entries.map((entry, at) => parseEntry(entry, `entries[${at}]`, refuse));
  const seen = new Map<string, number>();
  parsed.forEach((entry, at) => {
    const key = JSON.stringify(matchKeys.map((each) => entry[each]));
    const before = seen.get(key);
    if (before !== undefined)
      refuse(`entries[${at}]`, entry, `a choice of its own: entries[${before}] has decided this one`);
    seen.set(key, at);
  });
  return { adapter, subgroupSize, entries: parsed };
}

/** Refuses a value, with the place where it stands. */
type Refuse = (where: string, found: unknown, expected: string, cause?: unknown) => never;

function parseEntry(value: unknown, where: string, refuse: Refuse): TuningEntry {
  const entry = record(value, where, entryKeys, refuse);
  const { kernel: name, variant: named } = entry;
  const built = kernels.filter(({ product }) => product !== undefined);
  const kernel = built.find((each) => each.name === name);
  if (name !== undefined && kernel === undefined)
    refuse(`${where}.kernel`, name, `one of ${built.map((each) => each.name).join(', ')}`);
  const fitting = productVariants.filter(
    (variant) => kernel?.product !== 'whole-tiles' || hasWholeTiles(variant),
  );
  const variant = fitting.find((each) => each === named);
  if (variant === undefined) refuse(`${where}.variant`, named, `one of ${fitting.join(', ')}`);
  const sizes = sizeKeys.filter((key) => entry[key] !== undefined);
  for (const key of sizes) {
    if (!isSize(entry[key])) refuse(`${where}.${key}`, entry[key], 'a whole number of at least 1');
  }
  return {
    ...(kernel !== undefined && { kernel: kernel.name }),
    ...Object.fromEntries(sizes.map((key) => [key, entry[key]])),
    variant,
  };
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** An object with no other keys than these. */
function record(
  value: unknown,
  where: string,
  keys: readonly string[],
  refuse: Refuse,
): Readonly<Record<string, unknown>> {
  const expected = `an object with the keys ${keys.join(', ')}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(where, value, expected);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    refuse(where, `the key ${JSON.stringify(unknown)}`, `${expected}, and no others`);
  return value as Readonly<Record<string, unknown>>;
}

/** What a file holds must not steer a terminal, nor fill it. */
function shorten(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? excerpt(value) : shown(value);
}

/**
 * A tuning file's text. It holds choices only, no dates and no times: who comes to the same choices on the same adapter writes the
 * same bytes.
 */
export function tuningText({ adapter, subgroupSize, entries }: Tuning): string {
  const lines = entries.map((entry) => {
    // Always in the same order.
    const ordered = Object.fromEntries(
      entryKeys.filter((key) => entry[key] !== undefined).map((key) => [key, entry[key]]),
    );
    return `    ${JSON.stringify(ordered)}`;
  });
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  const fields = [
    `"format": ${tuningFormat}`,
    `"adapter": ${JSON.stringify(adapter)}`,
    `"subgroupSize": ${subgroupSize}`,
    `"entries": ${list}`,
  ];
  return `{\n  ${fields.join(',\n  ')}\n}\n`;
}

/**
 * @param adapter that is to be used. One driver can have subgroups of several sizes: lavapipe goes by what the CPU has.
 * @throws EngineError `usage` if the file is for another
 */
export function requireSameAdapter(
  tuning: Tuning,
  adapter: { readonly description: string; readonly subgroupSize: number | null },
  file: string,
): void {
  const { description, subgroupSize } = adapter;
  if (tuning.adapter === description && tuning.subgroupSize === subgroupSize) return;
  const subgroups = (size: number | null): string => `subgroups of ${size ?? 'no fixed size'}`;
  throw new EngineError('usage', `${file} was measured on another adapter`, {
    found: `a file for ${tuning.adapter}, ${subgroups(tuning.subgroupSize)}`,
    expected: `one for the adapter of this run, ${description}, ${subgroups(subgroupSize)}`,
    remedy: 'measure this adapter with node scripts/tune.js, or leave out --tuning',
  });
}

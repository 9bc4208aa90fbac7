/** What a sweep varies, and the points that it trains: a grid, or a sample. */
import { EngineError, refused } from '../base/errors.js';
import { Random, streams } from '../base/philox.js';
import { check } from '../base/schema.js';
import { suggest } from '../base/suggest.js';
import { settingKeys, settings, type SettingKey, type Setting, type TrainConfig } from '../train/settings.js';

/** Numbers from `low` to `high`, both included; `log`: evenly spread over their logarithms. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
}

/** The values of a swept setting, or a range to draw from. */
export type Axis<T = unknown> = readonly T[] | Range;

/** The swept settings, in the order in which they were given. */
export type Axes = { readonly [K in SettingKey]?: Axis<TrainConfig[K]> };

export function isRange(axis: Axis): axis is Range {
  return !Array.isArray(axis);
}

/** `1e-4..1e-2:log`. */
export function rangeText(axis: Axis): string {
  const { low, high, log } = axis as Range;
  return `${low}..${high}${log ? ':log' : ''}`;
}

/**
 * Reads what `--sweep` says: `lr=1e-4,5e-4`, `hidden=128/256,128`, or `lr=1e-4..1e-2:log`, and several of
 * these with spaces between them. Commas separate values, and slashes where a value has commas itself.
 * @throws EngineError `usage` naming what is wrong
 */
export function readAxes(written: string, flag: string): Axes {
  const all = written
    .trim()
    .split(/\s+/)
    .map((each) => readAxis(each, flag));
  const joined: Axes = Object.assign({}, ...all) as Axes;
  if (Object.keys(joined).length < all.length)
    throw new EngineError('usage', `${flag} names a setting twice`, {
      found: written,
      expected: 'each setting once',
      remedy: 'put all its values into one',
    });
  return joined;
}

function readAxis(written: string, flag: string): Axes {
  const [name, values = ''] = split(written, '=');
  const key = settingKeys.find((each) => settings[each].name === name);
  if (key === undefined) {
    const names = settingKeys.map((each) => settings[each].name);
    const meant = suggest(name, names);
    throw refused(
      flag,
      written,
      `one of the settings ${names.join(', ')}, then = and its values`,
      meant === undefined ? undefined : `did you mean ${flag} ${meant}=${values}?`,
    );
  }
  if (values.includes('..')) return { [key]: readRange(key, values, flag) };
  return { [key]: readValues(key, values, flag) };
}

function readValues(key: SettingKey, written: string, flag: string): readonly unknown[] {
  const { name, parse, schema, standard }: Setting<unknown> = settings[key];
  const isList = Array.isArray(standard);
  const texts = written.split(isList || written.includes('/') ? '/' : ',');
  const values = texts.map((text) => {
    const { value, fault } = check(schema, parse(text));
    if (fault !== null) throw refused(`${flag} ${name}`, text, fault.expected);
    return value;
  });
  if (values.length < 2)
    throw refused(
      flag,
      `${name}=${written}`,
      'at least two values',
      isList
        ? `separate them by slashes, as in ${flag} ${name}=128/256,128`
        : `separate them by commas, or give one value as --${name} ${written}`,
    );
  return values;
}

/** @param place of the text, for messages. @throws EngineError `usage` */
export function readRange(key: SettingKey, written: string, place: string): Range {
  const { name, parse, schema }: Setting<unknown> = settings[key];
  const [ends, scale] = split(written, ':');
  const [first, last = ''] = split(ends, '..');
  const expected = 'a range such as 1e-4..1e-2, or 1e-4..1e-2:log';
  if (scale !== undefined && scale !== 'log') throw refused(place, written, expected);
  const end = (text: string): number => {
    const { value, fault } = check(schema, parse(text));
    if (fault !== null) throw refused(`${place} ${name}`, text, fault.expected);
    if (typeof value === 'number') return value;
    throw refused(place, written, `a list of values: ${name} is not a number, so it has no range`);
  };
  const [low, high] = [end(first), end(last)];
  const log = scale === 'log';
  if (low >= high) throw refused(place, written, 'a range whose first end is below its second');
  if (log && low <= 0)
    throw refused(
      place,
      written,
      'ends above 0: there is no logarithm of 0',
      'begin above 0, or leave out :log',
    );
  return { low, high, log };
}

/**
 * The points of a sweep, each with a value per axis: the grid, the last axis fastest; or a random sample.
 *
 * A draw is a pure function of the seed, the point and the axis. Ranges give numbers of four significant
 * digits, so that what is printed is what is trained, and whole numbers where the setting has whole numbers.
 * Points that are drawn twice are kept once.
 * @throws EngineError `usage` for a grid of more than `most` points, or of a range
 */
export function points(
  axes: Axes,
  { sample, seed, most }: { readonly sample: number | null; readonly seed: number; readonly most: number },
): Partial<TrainConfig>[] {
  const entries = Object.entries(axes) as [SettingKey, Axis][];
  if (sample !== null) return drawn(entries, sample, seed);
  let grid: Partial<TrainConfig>[] = [{}];
  for (const [key, axis] of entries) {
    if (isRange(axis))
      throw new EngineError('usage', `${settings[key].name} has a range, and a grid needs its values`, {
        found: rangeText(axis),
        expected: 'a list of values, or --sample N to draw N points',
        remedy: 'add --sample 20',
      });
    if (grid.length * axis.length > most)
      throw new EngineError('usage', 'the grid has too many points', {
        found: `${grid.length * axis.length} of them, and more with each setting behind ${settings[key].name}`,
        expected: `at most ${most}`,
        remedy: 'add --sample 100 to draw 100 of them, or give fewer values',
      });
    grid = grid.flatMap((point) => axis.map((value) => ({ ...point, [key]: value })));
  }
  return grid;
}

function drawn(
  entries: readonly (readonly [SettingKey, Axis])[],
  sample: number,
  seed: number,
): Partial<TrainConfig>[] {
  const found = new Map<string, Partial<TrainConfig>>();
  for (let number = 0; number < sample; number++) {
    const random = new Random(seed, streams.sweep, number);
    const point = Object.fromEntries(entries.map(([key, axis]) => [key, draw(key, axis, random)]));
    const name = JSON.stringify(point);
    if (!found.has(name)) found.set(name, point);
  }
  return [...found.values()];
}

function draw(key: SettingKey, axis: Axis, random: Random): unknown {
  if (!isRange(axis)) return axis[random.below(axis.length)];
  const { low, high, log } = axis;
  const share = random.uniform();
  if (isWhole(key)) {
    // Each whole number gets the part of the range that rounds down to it.
    const value = log ? low * ((high + 1) / low) ** share : low + share * (high + 1 - low);
    return Math.min(high, Math.floor(value));
  }
  const value = log ? low * (high / low) ** share : low + share * (high - low);
  return Math.min(high, Math.max(low, Number(value.toPrecision(4))));
}

function isWhole(key: SettingKey): boolean {
  return [0.5, 1.5].every((value) => check<unknown>(settings[key].schema, value).fault !== null);
}

/** A text before and after the first separator; nothing after it where there is none. */
function split(written: string, separator: string): [string, string?] {
  const at = written.indexOf(separator);
  return at < 0 ? [written] : [written.slice(0, at), written.slice(at + separator.length)];
}

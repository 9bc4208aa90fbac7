/**
 * An experiment as data: what an entry of the catalogue, an experiment file and a command line with `--sweep`
 * have in common. Files name settings as the command line does.
 */
import * as v from 'valibot';
import { exactRecord, line, list, oneOf, text, whole } from '../base/schema.js';
import {
  defaultConfig,
  settingKeys,
  settings,
  settingText,
  type SettingKey,
  type TrainConfig,
} from '../train/settings.js';
import { listed } from './format.js';
import { isRange, points, readRange, rangeText, type Axes, type Axis } from './points.js';
import type { Change, Definition, Experiment, ExperimentId, Variant } from './types.js';

/** More would be a mistake: each of them is trained with every seed. */
export const mostPoints = 10_000;

const byOption = <T>(value: (key: SettingKey) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(settingKeys.map((key) => [settings[key].name, value(key)]));

const valueOf = (key: SettingKey) => settings[key].schema as v.GenericSchema;

const axesSchema = exactRecord(
  byOption((key) => {
    const expected = 'a list of values, or a range such as "1e-4..1e-2:log"';
    return v.optional(v.union([list(valueOf(key), expected, { least: 1 }), v.string()], expected));
  }),
);

/** The settings stay in the order of the file, which is that of the grid and of the names of variants. */
const sweepSchema = v.pipe(
  v.unknown(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const { success, output, issues } = v.safeParse(axesSchema, dataset.value, { abortEarly: true });
    if (success) {
      const names = Object.keys(dataset.value as object);
      return Object.fromEntries(names.map((name) => [name, output[name]]));
    }
    const { message, path, input, expected } = issues[0];
    addIssue({
      message,
      input,
      ...(path !== undefined && { path: path }),
      ...(expected !== null && { expected }),
    });
    return NEVER;
  }),
);

/** What an experiment file holds. */
export const definitionSchema = exactRecord({
  /** For editors. */
  $schema: v.optional(text()),
  schema: oneOf([1], '1, the only schema that this version reads'),
  title: line(),
  question: v.optional(text()),
  base: v.optional(exactRecord(byOption((key) => v.optional(valueOf(key)))), {}),
  sweep: v.optional(sweepSchema, {}),
  sample: v.optional(whole(1, mostPoints)),
  halving: v.optional(whole(2, 100)),
  comparisons: v.optional(
    list(
      exactRecord(byOption((key) => v.optional(key === 'decay' ? oneOf(['the other']) : valueOf(key)))),
      'a list of changes to the last variant',
    ),
    [],
  ),
});

/**
 * What a file means. @param file its name, for messages @throws EngineError `usage` for a range that is none
 */
export function definitionOf(
  { title, question, base, sweep, sample, halving, comparisons }: v.InferOutput<typeof definitionSchema>,
  file: string,
): Definition {
  const axes = byKey(sweep, (value, key) =>
    typeof value === 'string' ? readRange(key, value, `sweep.${settings[key].name} of ${file}`) : value,
  ) as Axes;
  return {
    title,
    asks: question ?? questionOf(axes),
    base: { ...defaultConfig, ...(byKey(base, (value) => value) as Partial<TrainConfig>) },
    sweep: axes,
    sample: sample ?? null,
    halving: halving ?? null,
    comparisons: comparisons.map((change) => byKey(change, (value) => value) as Change),
  };
}

/** What an experiment file says for `definition`: what is left out there is the default. */
export function definitionFile({ title, asks, base, sweep, sample, halving, comparisons }: Definition) {
  const named = (values: object, write: (value: unknown) => unknown = (value) => value): object =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [settings[key as SettingKey].name, write(value)]),
    );
  const fixed = settingKeys.filter((key) => sweep[key] === undefined).map((key) => [key, base[key]]);
  return {
    schema: 1,
    title,
    question: asks,
    base: named(Object.fromEntries(fixed) as object),
    sweep: named(sweep, (axis) => (isRange(axis as Axis) ? rangeText(axis as Axis) : axis)),
    ...(sample !== null && { sample }),
    ...(halving !== null && { halving }),
    comparisons: comparisons.map((change) => named(change)),
  };
}

/** The definition of a command line with `--sweep`: all that is not swept has its default. */
export function sweepDefinition(
  axes: Axes,
  { sample, halving }: Pick<Definition, 'sample' | 'halving'>,
): Definition {
  const title = listed(keysOf(axes).map((key) => settings[key].name));
  return {
    title,
    asks: questionOf(axes),
    base: defaultConfig,
    sweep: axes,
    sample,
    halving,
    comparisons: [],
  };
}

function questionOf(axes: Axes): string {
  const names = keysOf(axes).map((key) => settings[key].name);
  if (names.length === 0) return 'What does this configuration reach?';
  return `Which ${listed(names)} ${names.length === 1 ? 'gives' : 'give'} the lowest validation loss?`;
}

/**
 * The experiment that a definition describes, ready to be planned.
 * @param seed what `sample` draws with
 * @param name of the one variant where nothing is swept
 * @throws EngineError `usage` for more than 10,000 points, and for a range without `sample`
 */
export function experimentOf<I extends ExperimentId>(
  id: I,
  definition: Definition,
  conclude: Experiment['conclude'],
  { seed = 0, name = 'baseline' }: { readonly seed?: number; readonly name?: string } = {},
): Experiment & { readonly id: I } {
  const { base, sweep, sample } = definition;
  const swept = keysOf(sweep);
  const variants = points(sweep, { sample, seed, most: mostPoints }).map((point): Variant => {
    const config = { ...base, ...point };
    return { name: swept.length === 0 ? name : variantName(swept, config), config };
  });
  return { ...definition, id, swept, variants, conclude };
}

/** `lr=0.001,dropout=0.3`: the swept settings of a variant as on the command line. */
export function variantName(swept: readonly SettingKey[], config: TrainConfig): string {
  return swept.map((key) => `${settings[key].name}=${settingText(config, key)}`).join(',');
}

function keysOf(axes: Axes): SettingKey[] {
  return Object.keys(axes) as SettingKey[];
}

function byKey(values: object, read: (value: unknown, key: SettingKey) => unknown): object {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const key = settingKeys.find((each) => settings[each].name === name)!;
      return [key, read(value, key)];
    }),
  );
}

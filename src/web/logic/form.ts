/** The settings of a training as the page's form and its address have them. */
import { check } from '../../base/schema.js';
import { EngineError } from '../../base/errors.js';
import {
  checkTrial,
  defaultConfig,
  settingKeys,
  settings,
  settingText,
  type Setting,
  type SettingKey,
  type TrainConfig,
} from '../../train/settings.js';
import type { AskedTrial } from '../protocol.js';

/** Texts as they were typed: by the settings' keys, and the seed. */
export type Form = Readonly<Record<SettingKey | 'seed', string>>;

/** What the page trains: data, a setting, and perhaps a second one beside it. */
export interface Plan {
  readonly data: string;
  readonly first: Form;
  readonly second: Form | null;
}

/** What the page trains if nothing else is asked for: enough to see it learn on a slow adapter. */
export const standardConfig: TrainConfig = {
  ...defaultConfig,
  hidden: [64],
  dropout: 0.2,
  learningRate: 2e-3,
  batchSize: 64,
  epochs: 30,
};

export const standardData = 'synthetic:3000/500';

export const standardForm = Object.fromEntries([
  ...settingKeys.map((key) => [key, settingText(standardConfig, key)]),
  ['seed', '0'],
]) as Form;

export const standardPlan: Plan = { data: standardData, first: standardForm, second: null };

/** The keys of a form with their names in the address, which are those of the command line. */
const names: readonly (readonly [key: SettingKey | 'seed', name: string])[] = [
  ...settingKeys.map((key) => [key, settings[key].name] as const),
  ['seed', 'seed'],
];

/** Before the names of the second setting. */
const secondPrefix = 'b.';

/** Longer than any value that makes sense; what an address says beyond it is left out. */
const longestValue = 200;

/** A plan as the part of an address behind `#`: what differs from the standard plan. */
export function addressOf({ data, first, second }: Plan): string {
  const parts = new URLSearchParams();
  if (data !== standardData) parts.set('data', data);
  for (const [key, name] of names) if (first[key] !== standardForm[key]) parts.set(name, first[key]);
  if (second !== null) {
    const changed = names.filter(([key]) => second[key] !== first[key]);
    for (const [key, name] of changed) parts.set(secondPrefix + name, second[key]);
    if (changed.length === 0) parts.set(`${secondPrefix}seed`, second.seed);
  }
  return parts.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** Reads the part of an address behind `#`; names that mean nothing here are left out. */
export function planOf(address: string): Plan {
  const parts = new URLSearchParams(address.replace(/^#/, ''));
  const value = (name: string): string | undefined => parts.get(name)?.slice(0, longestValue);
  const formOf = (prefix: string, base: Form): Form =>
    Object.fromEntries(names.map(([key, name]) => [key, value(prefix + name) ?? base[key]])) as Form;
  const first = formOf('', standardForm);
  const hasSecond = names.some(([, name]) => parts.has(secondPrefix + name));
  return {
    data: value('data') ?? standardData,
    first,
    second: hasSecond ? formOf(secondPrefix, first) : null,
  };
}

/** What is wrong with a form: a sentence by the key of its field; `all` where fields do not fit together. */
export type Faults = Readonly<Partial<Record<SettingKey | 'seed' | 'all', string>>>;

/** The trial that a form asks for, or what is wrong with it. */
export function trialOf(
  form: Form,
  name: string,
): { readonly trial: AskedTrial; readonly faults: null } | { readonly trial: null; readonly faults: Faults } {
  const faults: Partial<Record<SettingKey | 'seed' | 'all', string>> = {};
  const values: Partial<Record<SettingKey, unknown>> = {};
  for (const key of settingKeys) {
    const { parse, schema }: Setting<unknown> = settings[key];
    const { value, fault } = check(schema, parse(form[key].trim()));
    if (fault === null) values[key] = value;
    else faults[key] = `Expected: ${fault.expected}.`;
  }
  const seed = /^\d{1,10}$/.test(form.seed.trim()) ? Number(form.seed) : NaN;
  if (!(seed < 2 ** 32)) faults.seed = 'Expected: a whole number from 0 to 4294967295.';
  if (Object.keys(faults).length > 0) return { trial: null, faults };
  const trial = { name, seed, config: values as TrainConfig };
  try {
    checkTrial({ variant: name, ...trial });
    return { trial, faults: null };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { trial: null, faults: { all: `${error.message}. Expected: ${error.expected ?? ''}.` } };
  }
}

/** What two settings differ in, as names for them: `lr=0.002` and `lr=0.01`. */
export function namesOf(first: Form, second: Form | null): readonly string[] {
  if (second === null) return ['network'];
  const changed = names.filter(([key]) => first[key] !== second[key]);
  if (changed.length === 0) return ['A', 'B'];
  return [first, second].map((form, i) => {
    const text = changed.map(([key, name]) => `${name}=${form[key].trim()}`).join(' ');
    return `${'AB'[i]!}: ${text}`.slice(0, 80);
  });
}

/** Options that several commands have, each declared once. */
import { parseDataSpec } from '../data/spec.js';
import { commandLine } from '../platform/command-line.js';
import { switchOption, type Option, type OptionWithDefault } from './option.js';
import { name, oneOf as oneOfNames, wholeNumber, wholeNumbers } from './values.js';

/** A value that names something, such as a file. */
export function named(flag: string, value: string, help: string): Option<string> {
  return { flag, value, help, read: (text) => name(flag, text) };
}

export function counted(
  flag: string,
  value: string,
  help: string,
  range: readonly [least: number, most: number],
): Option<number> {
  return { flag, value, help, read: (text) => wholeNumber(flag, text, ...range) };
}

/** One of some names. */
export function oneOf<const T extends string>(flag: string, help: string, names: readonly T[]): Option<T> {
  return { flag, value: names.join('|'), help, read: (text) => oneOfNames(flag, text, names) };
}

/** Whole numbers with commas between them. */
export function listed(flag: string, value: string, help: string): Option<readonly number[]> {
  return { flag, value, help, read: (text) => wholeNumbers(flag, text, 1, 65_536) };
}

export const adapter: Option<string> = {
  ...named('--adapter', 'NAME', "part of the adapter's name, where there are several"),
  section: 'adapter',
};

export const tuning: Option<string> = {
  ...named(
    '--tuning',
    'FILE',
    `kernel variants that ${commandLine('tune')} chose on this adapter, before those that the rules choose`,
  ),
  section: 'adapter',
};

/** Images by their name. @param without `auto`, where there is another default */
export function images(flag: string, help: string, without = ''): Option<string> {
  const value = 'auto|kmnist|synthetic[:TRAIN[/TEST]]|DIR'.replace(without, '');
  return {
    flag,
    value,
    help,
    section: 'data',
    read: (text) => {
      parseDataSpec(text);
      return text;
    },
  };
}

export const overwrite = (what: string): OptionWithDefault<boolean> =>
  switchOption('--overwrite', `replace ${what}`);

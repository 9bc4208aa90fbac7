/** The kinds of values that options have, each with its check, and the options that several commands have. */
import { refused } from '../base/errors.js';
import { suggest } from '../base/suggest.js';
import { parseDataSpec } from '../data/spec.js';
import { commandLine } from '../platform/command-line.js';
import { decimal, digits } from '../train/settings.js';
import type { Word } from './command-help.js';
import { defaulting, switchOption, type Option, type OptionWithDefault } from './option.js';

export function named(flag: string, value: string, help: string): Option<string> {
  return { flag, value, help, read: (text) => name(flag, text) };
}

/**
 * Text that can name something: not blank, without control characters (which a path or a terminal would not
 * survive). @throws EngineError `usage` naming the flag
 */
export function name(flag: string, text: string): string {
  if (text.trim() !== '' && !/\p{Cc}/u.test(text)) return text;
  throw refused(flag, text, 'a name without control characters');
}

export function counted(
  flag: string,
  value: string,
  help: string,
  [least, most]: readonly [least: number, most: number],
): Option<number> {
  const read = (text: string): number => {
    const found = digits(text);
    if (Number.isSafeInteger(found) && found >= least && found <= most) return found;
    throw refused(flag, text, `a whole number from ${least} to ${most}`);
  };
  return { flag, value, help, read };
}

/** Seconds, above 0 or from 0 on once they are rounded to float32. */
export function seconds(flag: string, help: string, range: 'above 0' | 'of at least 0'): Option<number> {
  const read = (text: string): number => {
    const found = decimal(text);
    const single = Math.fround(found);
    if (Number.isFinite(single) && (single > 0 || (single === 0 && range === 'of at least 0'))) return found;
    throw refused(flag, text, `a number ${range}`);
  };
  return { flag, value: 'SECONDS', help, read };
}

export function oneOf<const T extends string>(flag: string, help: string, names: readonly T[]): Option<T> {
  const read = (text: string): T => {
    const found = names.find((each) => each === text);
    if (found !== undefined) return found;
    const meant = suggest(text, names);
    throw refused(flag, text, `one of ${names.join(', ')}`, meant && `did you mean ${flag} ${meant}?`);
  };
  return { flag, value: names.join('|'), help, read };
}

/** Whole numbers with commas between them, at least one. */
export function listed(flag: string, value: string, help: string): Option<readonly number[]> {
  const [least, most] = [1, 65_536];
  const read = (text: string): number[] => {
    const found = text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : NaN));
    if (found.every((each) => each >= least && each <= most)) return found;
    const expected = `whole numbers from ${least} to ${most} with commas between them, such as 256,128`;
    throw refused(flag, text, expected);
  };
  return { flag, value, help, read };
}

export const adapter: Option<string> = {
  ...named(
    '--adapter',
    'INDEX|NAME',
    "where there are several: the adapter's index as doctor shows it, or part of its name",
  ),
  section: 'adapter',
};

const tuningHelp =
  `kernel variants that ${commandLine('tune')} chose on this adapter, ` +
  'before those that the rules choose';
export const tuning: Option<string> = { ...named('--tuning', 'FILE', tuningHelp), section: 'adapter' };

/** Images by their name. @param without `auto`, where there is another default */
export function images(flag: string, help: string, without = ''): Option<string> {
  const value = 'auto|kmnist|synthetic[:TRAIN[/TEST]]|DIR'.replace(without, '');
  const read = (text: string): string => {
    parseDataSpec(text);
    return text;
  };
  return { flag, value, help, section: 'data', read };
}

export const overwrite = (what: string): OptionWithDefault<boolean> =>
  switchOption('--overwrite', `replace ${what}`);

/** The run whose network a command takes. */
export const runWord: Word = {
  name: 'RUN',
  help: 'the directory of a run, such as runs/final-20261122-171530, or latest',
};

export const networkOptions = {
  variant: named('--variant', 'NAME', 'a variant of the run (default: that of the selected network)'),
  seed: counted('--seed', 'N', 'a seed of the run (default: that of the selected network)', [
    0,
    Number.MAX_SAFE_INTEGER,
  ]),
  which: defaulting(
    oneOf('--which', 'the weights that the results were measured with, or those of the last epoch', [
      'best',
      'last',
    ]),
    'best',
  ),
};

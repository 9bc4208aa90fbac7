/**
 * Checks of option values, after the command line was split. Each throws EngineError `usage` naming the flag.
 */
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';
import { decimal, digits } from '../train/settings.js';

/** A whole number in decimal digits, from `min` to `max`. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = digits(text);
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw refused(flag, text, `a whole number from ${min} to ${max}`);
  return value;
}

/**
 * A decimal number that `accepts` takes once it is rounded to float32, which is what the kernels compute
 * with.
 * @param expected the same condition in words
 */
export function realNumber(
  flag: string,
  text: string,
  expected: string,
  accepts: (value: number) => boolean,
): number {
  const value = decimal(text);
  const single = Math.fround(value);
  if (!Number.isFinite(single) || !accepts(single)) throw refused(flag, text, `a number ${expected}`);
  return value;
}

/** One of some names. */
export function oneOf<T extends string>(flag: string, text: string, names: readonly T[]): T {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  const meant = suggest(text, names);
  throw refused(flag, text, `one of ${names.join(', ')}`, meant && `did you mean ${flag} ${meant}?`);
}

/** Whole numbers with commas between them, at least one. */
export function wholeNumbers(flag: string, text: string, min: number, max: number): number[] {
  return text.split(',').map((part) => {
    const value = /^\d+$/.test(part) ? Number(part) : NaN;
    if (!(value >= min && value <= max))
      throw refused(
        flag,
        text,
        `whole numbers from ${min} to ${max} with commas between them, such as 256,128`,
      );
    return value;
  });
}

/**
 * Text that can name something: not blank, without control characters (which a path or a terminal would not
 * survive).
 */
export function name(flag: string, text: string): string {
  if (text.trim() === '' || /\p{Cc}/u.test(text))
    throw refused(flag, text, 'a name without control characters');
  return text;
}

export function refused(flag: string, text: string, expected: string, remedy?: string): EngineError {
  return new EngineError('usage', `${flag} cannot be ${JSON.stringify(text)}`, {
    expected,
    ...(remedy !== undefined && { remedy }),
  });
}

/** Options, each declared once, and how a command line is read against those of its command. */
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';

export interface Option<T> {
  readonly flag: string;
  /** What the help calls the value; null for a switch, whose `read` gets `''`. */
  readonly value: string | null;
  readonly help: string;
  /** The value that a text stands for. @throws EngineError `usage` naming the flag */
  readonly read: (text: string, flag: string) => T;
  /** The text that the flag alone stands for, of an option whose value may be left out: `--resume`. */
  readonly bare?: string;
  readonly short?: string;
  /** What other programs call it. Such a name is not taken, but the error says what was meant. */
  readonly synonyms?: readonly string[];
  /** The heading that the help lists it under; `options` if left out. */
  readonly section?: string;
}

export interface OptionWithDefault<T> extends Option<T> {
  readonly standard: T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

type ValueOf<O> = O extends { readonly read: (text: string, flag: string) => infer T } ? T : never;

/** What a command line gives: nothing for an option that does not stand there. */
export type Given<O extends Options> = { readonly [K in keyof O]?: ValueOf<O[K]> };

/** What a command works with: the default, or undefined, for an option that was not given. */
export type Values<O extends Options> = {
  readonly [K in keyof O]: ValueOf<O[K]> | (O[K] extends { readonly standard: infer D } ? D : undefined);
};

export function switchOption(flag: string, help: string): OptionWithDefault<boolean> {
  return { flag, value: null, help, read: () => true, standard: false };
}

/** The option with a default, which its help names. */
export function defaulting<T>(option: Option<T>, standard: NoInfer<T>): OptionWithDefault<T> {
  return { ...option, help: `${option.help} (default ${String(standard)})`, standard };
}

export function under<O extends Option<unknown>>(section: string, option: O): O {
  return { ...option, section };
}

export function underAll<O extends Options>(section: string, options: O): O {
  return Object.fromEntries(Object.entries(options).map(([name, each]) => [name, under(section, each)])) as O;
}

export function wordsOf<O extends Options>(options: O, given: Given<O>): string[] {
  return Object.entries(options).flatMap(([name, { flag, value }]) => {
    const found = given[name] as { toString(): string } | undefined;
    if (found === undefined) return [];
    return [value === null ? flag : `${flag}=${found.toString()}`];
  });
}

/**
 * Reads a command line: every value is checked, even where it is not used, so that a mistake never passes in
 * silence.
 * @param helpCommand what to run to see the options, named in errors
 * @returns what was given, and the words that are no options, not judged
 * @throws EngineError `usage` for options that are unknown or given twice, and for values that are missing or
 *   wrong
 */
export function readCommandLine<O extends Options>(
  options: O,
  argv: readonly string[],
  helpCommand: string,
): { readonly given: Given<O>; readonly words: readonly string[] } {
  const remedy = `see ${helpCommand}`;
  const { texts, words } = split(Object.values(options), argv, remedy);
  const given = Object.entries(options).flatMap(([name, option]) => {
    const found = texts.get(option) ?? [];
    if (found.length > 1) throw repeated(option, found, remedy);
    return found.map((text) => [name, option.read(text, option.flag)]);
  });
  return { given: Object.fromEntries(given) as Given<O>, words };
}

/** Sorts a command line into the texts of each option, `''` for a switch, and the words. */
function split(options: readonly Option<unknown>[], argv: readonly string[], remedy: string) {
  const texts = new Map<Option<unknown>, string[]>();
  const words: string[] = [];
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  for (let i = 0; i < end; i++) {
    const word = argv[i]!;
    if (!isFlag(word)) words.push(word);
    for (const [flag, inline] of isFlag(word) ? flagsOf(word) : []) {
      const option = options.find((each) => each.flag === flag || each.short === flag);
      if (option === undefined) throw unknownOption(flag, options, remedy);
      const next = argv[i + 1];
      const isNext = option.value !== null && inline === undefined && next !== undefined && isValue(next);
      if (isNext) i++;
      const text = inline ?? (isNext ? next : option.bare);
      requireText(option, text, next, remedy);
      texts.set(option, [...(texts.get(option) ?? []), text ?? '']);
    }
  }
  return { texts, words: [...words, ...argv.slice(end + 1)] };
}

/** `--flag=value` is a flag with its value, `-hv` is `-h` and `-v`. */
function flagsOf(word: string): (readonly [flag: string, inline?: string])[] {
  if (!word.startsWith('--')) return Array.from(word.slice(1), (letter) => [`-${letter}`]);
  const at = word.indexOf('=');
  return [at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)]];
}

/** A dash alone names standard input for many programs; a negative number is for the option to refuse. */
function isValue(word: string): boolean {
  return !isFlag(word) || /^-(\d|\.\d|inf|nan)/i.test(word);
}

function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

/** @param next the word behind the option */
function requireText(
  { flag, value }: Option<unknown>,
  text: string | undefined,
  next: string | undefined,
  remedy: string,
): void {
  if (value === null && text !== undefined)
    throw new EngineError('usage', `${flag} takes no value`, {
      found: `${flag}=${text}`,
      expected: `${flag} alone`,
      remedy,
    });
  if (value === null || (text !== undefined && text !== '')) return;
  const behind = next === undefined ? 'the end of the command line' : JSON.stringify(next);
  throw new EngineError('usage', `${flag} needs a value`, {
    found: text === '' ? 'an empty value' : behind,
    expected: `${flag} ${value}`,
    remedy,
  });
}

export function withDefaults<O extends Options>(options: O, given: Given<O>): Values<O> {
  const standards = Object.entries(options).map(([name, option]) => [
    name,
    'standard' in option ? option.standard : undefined,
  ]);
  return { ...Object.fromEntries(standards), ...given } as Values<O>;
}

function unknownOption(flag: string, all: readonly Option<unknown>[], remedy: string): EngineError {
  const names = all.flatMap((each) => [each.flag, ...(each.synonyms ?? [])]);
  const name = suggest(flag, names);
  const meant = all.find((each) => each.flag === name || each.synonyms?.includes(name ?? '') === true);
  const question = meant === undefined ? '' : `: did you mean ${meant.flag}?`;
  return new EngineError('usage', `unknown option ${flag}${question}`, { remedy });
}

function repeated({ flag, value }: Option<unknown>, texts: readonly string[], remedy: string): EngineError {
  return new EngineError('usage', `${flag} was given ${texts.length} times`, {
    found: texts.map((text) => (value === null ? flag : `${flag} ${text}`)).join(' '),
    expected: `${flag} once`,
    remedy,
  });
}

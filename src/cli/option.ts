/** Options, each declared once, and how a command line is read against those of its command. */
import arg from 'arg';
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';

export interface Option<T> {
  readonly flag: string;
  /** What the help calls the value; null for a switch, whose `read` gets `''`. */
  readonly value: string | null;
  readonly help: string;
  /** The value that a text stands for. @throws EngineError `usage` naming the flag */
  readonly read: (text: string, flag: string) => T;
  /** May be given several times: `read` gets all its texts, with spaces between them. */
  readonly repeats?: true;
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
    if (found.length > 1 && option.repeats !== true) throw repeated(option, found, remedy);
    return found.length === 0 ? [] : [[name, option.read(found.join(' '), option.flag)]];
  });
  return { given: Object.fromEntries(given) as Given<O>, words };
}

type Texts = ReadonlyMap<Option<unknown>, readonly string[]>;

function split(
  options: readonly Option<unknown>[],
  argv: readonly string[],
  remedy: string,
): { readonly texts: Texts; readonly words: readonly string[] } {
  const spec: arg.Spec = {};
  for (const { flag, value, short } of options) {
    spec[flag] = [value === null ? Boolean : String] as [arg.Handler];
    if (short !== undefined) spec[short] = flag;
  }
  const parsed = parse(spec, attachValues(options, argv, remedy), (flag, next) => {
    const option = options.find((each) => each.flag === flag);
    if (option === undefined) return unknownOption(flag, options, remedy);
    return valueMissing(
      option,
      next === undefined ? 'the end of the command line' : JSON.stringify(next),
      remedy,
    );
  });
  const texts = options.flatMap((option): [Option<unknown>, string[]][] => {
    const found = parsed[option.flag] as readonly (string | true)[] | undefined;
    if (found?.includes('') === true) throw valueMissing(option, 'an empty value', remedy);
    return found === undefined ? [] : [[option, found.map((text) => (text === true ? '' : text))]];
  });
  return { texts: new Map(texts), words: parsed._ };
}

/** @param fault the error for an option that is unknown or lacks its value; `next` is the word behind it */
function parse(
  spec: arg.Spec,
  argv: readonly string[],
  fault: (flag: string, next: string | undefined) => EngineError,
): Record<string, unknown> & { readonly _: readonly string[] } {
  try {
    return arg(spec, { argv: [...argv] });
  } catch (error) {
    if (!(error instanceof arg.ArgError)) throw error;
    const flag = /: (.*)$/s.exec(error.message)?.[1] ?? '';
    throw fault(flag, argv[argv.indexOf(flag) + 1]);
  }
}

/**
 * Joins a flag and its value where `arg` would read them otherwise: a negative number, which the range of the
 * option is to refuse, and the value that a flag alone stands for.
 * @throws EngineError `usage` for a switch with a value, which `arg` would ignore
 */
function attachValues(
  options: readonly Option<unknown>[],
  argv: readonly string[],
  remedy: string,
): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const words: string[] = [];
  for (let i = 0; i < end; i++) {
    const word = argv[i]!;
    const next = i + 1 < end ? argv[i + 1] : undefined;
    const option = options.find(({ flag }) => word === flag || word.startsWith(`${flag}=`));
    if (word !== option?.flag) {
      if (option?.value === null)
        throw new EngineError('usage', `${option.flag} takes no value`, {
          found: word,
          expected: `${option.flag} alone`,
          remedy,
        });
      words.push(word);
    } else if (option.value !== null && next !== undefined && /^-(\d|\.\d|inf|nan)/i.test(next)) {
      words.push(`${word}=${next}`);
      i++;
    } else if (option.bare !== undefined && (next === undefined || isFlag(next))) {
      words.push(`${word}=${option.bare}`);
    } else if (option.value !== null && next !== undefined && !isFlag(next)) {
      words.push(word, next);
      i++;
    } else words.push(word);
  }
  return [...words, ...argv.slice(end)];
}

function valueMissing({ flag, value }: Option<unknown>, found: string, remedy: string): EngineError {
  return new EngineError('usage', `${flag} needs a value`, {
    found,
    expected: `${flag} ${value ?? ''}`,
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

/** A dash alone is a word: for many programs it names standard input. */
function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
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

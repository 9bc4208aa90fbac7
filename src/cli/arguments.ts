/** Splits a command line into options (by `arg`), and refuses whatever is not one of them. */
import arg from 'arg';
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';

/** One option of a command. */
export interface OptionSpec {
  /** With its dashes: `--exp`. */
  readonly flag: string;
  /** What the help calls the value; null for a switch. */
  readonly value: string | null;
  readonly help: string;
}

/** Values by flag; a switch that was given is `''`. */
export type ParsedArguments = ReadonlyMap<string, string>;

/**
 * @param helpCommand what to run to see the options, named in errors
 * @throws EngineError `usage` for unknown, repeated, empty or missing values and stray arguments
 */
export function parseArguments(
  specs: readonly OptionSpec[],
  argv: readonly string[],
  helpCommand: string,
): ParsedArguments {
  const { values, words } = parseWords(specs, argv, helpCommand);
  const [word] = words;
  if (word === undefined) return values;
  const meant = /^([0-6]|final|all)$/.test(word) ? `did you mean --exp ${word}? ` : '';
  throw new EngineError('usage', `unexpected argument ${JSON.stringify(word)}`, {
    expected: 'options only, each beginning with --',
    remedy: `${meant}see ${helpCommand}`,
  });
}

/**
 * As `parseArguments`, for commands that also take words that are no options, such as the name of a run.
 * @returns these words in their order, not judged
 * @throws EngineError `usage` for unknown, repeated, empty or missing values
 */
export function parseWords(
  specs: readonly OptionSpec[],
  argv: readonly string[],
  helpCommand: string,
): { readonly values: ParsedArguments; readonly words: readonly string[] } {
  const remedy = `see ${helpCommand}`;
  const byFlag = new Map(specs.map((spec) => [spec.flag, spec]));
  const handlers: arg.Spec = Object.fromEntries(
    specs.map(({ flag, value }): [string, [arg.Handler]] => [flag, [value === null ? Boolean : String]]),
  );
  const parsed = split(handlers, attachNegativeNumbers(byFlag, argv), specs, remedy);
  const values = new Map<string, string>();
  for (const { flag, value } of specs) {
    const given = parsed[flag];
    if (!Array.isArray(given)) continue;
    if (given.length > 1)
      throw new EngineError('usage', `${flag} was given ${given.length} times`, {
        found: given.map((each) => (each === true ? flag : `${flag} ${String(each)}`)).join(' '),
        expected: `${flag} once`,
        remedy,
      });
    const [text] = given as [string | true];
    if (text === '') throw valueMissing(flag, value ?? '', 'an empty value', remedy);
    values.set(flag, text === true ? '' : text);
  }
  return { values, words: parsed._ };
}

type Split = Record<string, unknown> & { readonly _: readonly string[] };

function split(
  handlers: arg.Spec,
  argv: readonly string[],
  specs: readonly OptionSpec[],
  remedy: string,
): Split {
  for (const word of argv) {
    if (word === '--') break;
    const spec = specs.find(({ flag }) => word.startsWith(`${flag}=`));
    // `arg` would ignore the value of a switch, and take --quiet=false for --quiet.
    if (spec?.value === null)
      throw new EngineError('usage', `${spec.flag} takes no value`, {
        found: word,
        expected: `${spec.flag} alone`,
        remedy,
      });
  }
  try {
    return arg(handlers, { argv: [...argv] });
  } catch (error) {
    if (!(error instanceof arg.ArgError)) throw error;
    const flag = /: (\S+)/.exec(error.message)?.[1] ?? '';
    const spec = specs.find((each) => each.flag === flag);
    if (spec !== undefined) {
      const next = argv[argv.indexOf(flag) + 1];
      const found = next === undefined ? 'the end of the command line' : JSON.stringify(next);
      throw valueMissing(flag, spec.value ?? '', found, remedy);
    }
    const meant = suggest(
      flag,
      specs.map((each) => each.flag),
    );
    throw new EngineError('usage', `unknown option ${flag}`, {
      expected: specs.map((each) => each.flag).join(' '),
      remedy: (meant === undefined ? '' : `did you mean ${meant}? `) + remedy,
    });
  }
}

/** `--lr -1` becomes `--lr=-1`, so that the value is refused by its range and not taken for an option. */
function attachNegativeNumbers(byFlag: ReadonlyMap<string, OptionSpec>, argv: readonly string[]): string[] {
  const words: string[] = [];
  for (const word of argv) {
    const before = words.at(-1);
    const awaits = before !== undefined && byFlag.get(before)?.value != null;
    if (awaits && /^-(\d|\.\d|inf|nan)/i.test(word)) words[words.length - 1] = `${before}=${word}`;
    else words.push(word);
  }
  return words;
}

function valueMissing(flag: string, value: string, found: string, remedy: string): EngineError {
  return new EngineError('usage', `${flag} needs a value`, { found, expected: `${flag} ${value}`, remedy });
}

/** A command is declared: its name, words, options, and what it does with them. What commands share is here. */
import { EngineError } from '../base/errors.js';
import { suggest } from '../base/suggest.js';
import { commandLine } from '../platform/command-line.js';
import { versions } from '../platform/version.js';
import { exitCodeOf, type CommandContext } from './command.js';
import { commandHelp, commandList, usageOf, type CommandText, type Group } from './command-help.js';
import {
  readCommandLine,
  switchOption,
  withDefaults,
  type Given,
  type Option,
  type Options,
  type Values,
} from './option.js';
import { commandOutput, type Output } from './output.js';

/** A command as it is listed, explained and run. */
export interface Command extends CommandText {
  /** Runs it with the words behind its name. @returns the exit code; never throws */
  readonly execute: (argv: readonly string[], context: CommandContext) => Promise<number>;
}

/** A command with options and words of its own. */
export interface DeclaredCommand<O extends Options> extends Command {
  /** What a command line asks for. Touches nothing. @throws EngineError `usage` */
  readonly read: (argv: readonly string[]) => Settings<O>;
}

/** A word of a command line that is no option, such as the name of a run. */
export interface Word {
  /** What the usage calls it: `RUN`. */
  readonly name: string;
  /** What stands there; also what an error expects. */
  readonly help: string;
  readonly isOptional?: boolean;
  /** Whether more of them may follow. */
  readonly isRepeated?: boolean;
}

/** What the body of a command gets beside its settings. */
export interface RunContext extends CommandContext {
  readonly output: Output;
  /** The command line as it was given. */
  readonly argv: readonly string[];
}

const shared = {
  json: switchOption('--json', 'one JSON object per line on stdout; text for people goes to stderr'),
  quiet: switchOption('--quiet', 'results only, no progress'),
  help: { ...switchOption('--help', 'this text'), short: '-h' },
  version: { ...switchOption('--version', 'the version'), short: '-v' },
};

/** What the body of a command gets: a value for each option by its name, what was given alone, and the words. */
export type Settings<O extends Options> = Values<O & typeof shared> & {
  readonly given: Given<O>;
  readonly words: readonly string[];
};

export interface CommandSpec<O extends Options> {
  /** As it is called; a command of a command has both names: `data fetch`. */
  readonly name: string;
  readonly group: Group;
  /** One line in the list of commands. */
  readonly summary: string;
  /** More for its help, one paragraph each. */
  readonly about?: readonly string[];
  /** What the usage says in place of `[options]`, where some are needed. */
  readonly usage?: string;
  readonly words?: readonly Word[];
  readonly options: O;
  /** What --quiet leaves, where that is worth saying. */
  readonly quiet?: string;
  /** @returns the exit code. @throws EngineError, which is told and becomes the exit code */
  readonly run: (settings: Settings<O>, context: RunContext) => number | Promise<number>;
}

/** What is common to all commands, around the body of one. */
export function defineCommand<O extends Options>(spec: CommandSpec<O>): DeclaredCommand<O> {
  const { name, words: expected = [], quiet } = spec;
  const help = commandLine(name, '--help');
  const common = quiet === undefined ? shared : { ...shared, quiet: { ...shared.quiet, help: quiet } };
  const options: O & typeof shared = { ...spec.options, ...withSection(common) };
  const text: CommandText = { ...spec, words: expected, options: Object.values(options) };
  const read = (argv: readonly string[]): Settings<O> => {
    const { given, words } = readCommandLine(options, asHelp(argv, expected.length === 0), help);
    // Help needs no words.
    if (given.help !== true && given.version !== true) checkWords(words, expected, text, help);
    return { ...withDefaults(options, given), given, words };
  };
  return {
    ...text,
    read,
    execute: (argv, context) =>
      executed(argv, context, async (output) => {
        const settings = read(argv);
        if (settings.help) output.result(commandHelp(text, output.bold));
        else if (settings.version) tellVersion(output, argv);
        else return spec.run(settings, { ...context, output, argv });
        return 0;
      }),
  };
}

/** Commands that are called by a word behind the name of theirs, loaded when they are. */
export interface Subcommands {
  readonly names: readonly string[];
  readonly load: (name: string) => Promise<Command>;
}

/** The command whose first word names another one: `data fetch`, and `wgsl-train train` itself (no name). */
export function defineGroup(
  spec: Omit<CommandText, 'options' | 'words'>,
  { names, load }: Subcommands,
): Command {
  const { name } = spec;
  const help = commandLine(name, '--help');
  const text: CommandText = { ...spec, words: [], options: Object.values(withSection(shared)) };
  return {
    ...text,
    execute: async (argv, context) => {
      const first = argv.findIndex(isWord);
      const isHelp = argv[first] === 'help';
      const rest = isHelp ? argv.toSpliced(first, 1) : argv;
      const word = rest.find(isWord);
      if (word !== undefined && names.includes(word)) {
        const behind = rest.toSpliced(rest.indexOf(word), 1);
        const command = await load(word);
        return command.execute(isHelp ? ['--help', ...behind] : behind, context);
      }
      return executed(argv, context, async (output) => {
        if (word !== undefined) throw unknownCommand(name, word, names, help);
        const { given } = readCommandLine(shared, rest, help);
        if (given.version === true) {
          tellVersion(output, argv);
          return 0;
        }
        const commands = await Promise.all(names.map((each) => load(each)));
        if (given.help === true || isHelp) {
          output.result(commandList(text, commands, output.bold));
          return 0;
        }
        context.stderr.write(`${commandList(text, commands, (heading) => heading)}\n\n`);
        throw new EngineError('usage', 'no command was named', { remedy: `see ${help}` });
      });
    },
  };
}

function isWord(word: string): boolean {
  return !word.startsWith('-');
}

/** A program that asked for JSON gets usage errors as JSON, too: the output is made before the options are known to be right. */
function executed(
  argv: readonly string[],
  context: CommandContext,
  body: (output: Output) => Promise<number>,
): Promise<number> {
  const output = commandOutput(argv, context);
  return exitCodeOf(output, context.signal, () => body(output));
}

function withSection<O extends Options>(options: O): O {
  const entries = Object.entries(options).map(([name, option]): [string, Option<unknown>] => [
    name,
    { ...option, section: 'output' },
  ]);
  return Object.fromEntries(entries) as O;
}

/** `help` as a word means --help; where other words are taken, only alone. */
function asHelp(argv: readonly string[], isAnywhere: boolean): readonly string[] {
  if (argv[0] !== 'help' || !(isAnywhere || argv.length === 1)) return argv;
  return ['--help', ...argv.slice(1)];
}

function tellVersion(output: Output, argv: readonly string[]): void {
  if (argv.includes('--json')) output.event({ event: 'version', ...versions() });
  else output.result(versions()['wgsl-train']);
}

/** @throws EngineError `usage` for words that are missing, and for more than there may be */
function checkWords(
  words: readonly string[],
  expected: readonly Word[],
  text: CommandText,
  help: string,
): void {
  const missing = expected.find(({ isOptional }, i) => isOptional !== true && (words[i] ?? '') === '');
  if (missing !== undefined)
    throw new EngineError('usage', `${missing.name} is missing`, {
      expected: missing.help,
      remedy: `see ${help}`,
    });
  const stray = expected.at(-1)?.isRepeated === true ? undefined : words[expected.length];
  if (stray === undefined) return;
  const meant = text.options.find(({ value }) => value !== null && lists(value, stray))?.flag;
  throw new EngineError('usage', `unexpected argument ${JSON.stringify(stray)}`, {
    expected: expected.length === 0 ? 'options only, each beginning with --' : usageOf(text),
    remedy: `${meant === undefined ? '' : `did you mean ${meant} ${stray}? `}see ${help}`,
  });
}

/** Whether a word is one of the values that an option lists: of `0..6|final|all`, `6` and `all`. */
function lists(value: string, word: string): boolean {
  return value.split('|').some((part) => {
    const [, first, last] = /^(\d)\.\.(\d)$/.exec(part) ?? [];
    if (first === undefined) return part === word;
    return /^\d$/.test(word) && word >= first && word <= last!;
  });
}

function unknownCommand(of: string, word: string, known: readonly string[], help: string): EngineError {
  const meant = suggest(word, known);
  const name = of === '' ? word : `${of} ${word}`;
  const question = meant === undefined ? '' : `: did you mean ${meant}?`;
  return new EngineError('usage', `there is no command ${JSON.stringify(name)}${question}`, {
    remedy: `see ${help}`,
  });
}

/** Declares commands; what all of them share is here, from the arguments to the exit code. */
import { setImmediate } from 'node:timers/promises';
import type { Output } from '../base/output.js';
import { commandLine } from '../platform/command-line.js';
import { platform } from '../platform/index.js';
import { commandHelp, usageOf, type CommandText, type Group, type Word } from './command-help.js';
import type { Engine } from './engine.js';
import {
  readCommandLine,
  switchOption,
  underAll,
  withDefaults,
  type Given,
  type Options,
  type Values,
} from './option.js';
import { commandOutput, type TextStream } from './output.js';
import { guardStreams, listenForStop } from './stop.js';
import { tellError } from './tell-error.js';
import { EngineError } from '../base/errors.js';

/** What a command works with; tests put their own in place. */
export interface CommandContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  readonly loadEngine: () => Promise<Engine>;
}

/** What the body of a command gets beside its settings. */
export interface RunContext extends CommandContext {
  readonly output: Output;
  readonly argv: readonly string[];
}

export const shared = {
  json: switchOption('--json', 'one JSON object per line on stdout; text for people goes to stderr'),
  quiet: switchOption('--quiet', 'results only, no progress'),
  help: { ...switchOption('--help', 'this text'), short: '-h' },
  version: { ...switchOption('--version', 'the version'), short: '-v' },
};

/** What the body of a command gets: each option's value by its name, what was given, and the words. */
export type Settings<O extends Options> = Values<O & typeof shared> & {
  readonly given: Given<O>;
  readonly words: readonly string[];
};

export interface Command extends CommandText {
  /** Runs it with the words behind its name. @returns the exit code; never throws */
  readonly execute: (argv: readonly string[], context: CommandContext) => Promise<number>;
}

export interface DeclaredCommand<O extends Options> extends Command {
  /** What a command line asks for. Touches nothing. @throws EngineError `usage` */
  readonly read: (argv: readonly string[]) => Settings<O>;
}

export interface CommandSpec<O extends Options> {
  /** As it is called; a command of a command has both names: `data fetch`. */
  readonly name: string;
  readonly group: Group;
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

export function defineCommand<O extends Options>(spec: CommandSpec<O>): DeclaredCommand<O> {
  const { name, words: expected = [], quiet } = spec;
  const help = commandLine(name, '--help');
  const common = quiet === undefined ? shared : { ...shared, quiet: { ...shared.quiet, help: quiet } };
  const options: O & typeof shared = { ...spec.options, ...underAll('output', common) };
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
      exitCodeOf(commandOutput(argv, context), context.signal, async (output) => {
        const settings = read(argv);
        if (settings.help) output.result(commandHelp(text, output.bold));
        else if (settings.version) tellVersion(output, argv);
        else {
          requireWorkingDirectory();
          return spec.run(settings, { ...context, output, argv });
        }
        return 0;
      }),
  };
}

/** Runs the body of a command; an error is told to people and programs, and becomes the exit code. */
export async function exitCodeOf(
  output: Output,
  signal: AbortSignal,
  body: (output: Output) => number | Promise<number>,
): Promise<number> {
  try {
    return await body(output);
  } catch (error) {
    return tellError(error, output, signal);
  }
}

/**
 * Paths start from it, and Node throws where one that was removed is asked for.
 * @throws EngineError `no-data`
 */
function requireWorkingDirectory(): void {
  try {
    process.cwd();
  } catch (cause) {
    throw new EngineError('no-data', 'the working directory is no longer there', {
      found: 'a directory that was removed after the shell had entered it',
      expected: 'a working directory',
      remedy: 'cd to one that exists, then run the command again',
      cause,
    });
  }
}

/** `help` as a word means --help; where other words are taken, only alone. */
function asHelp(argv: readonly string[], isAnywhere: boolean): readonly string[] {
  if (argv[0] !== 'help' || !(isAnywhere || argv.length === 1)) return argv;
  return ['--help', ...argv.slice(1)];
}

export function tellVersion(output: Output, argv: readonly string[]): void {
  if (argv.includes('--json')) output.event({ event: 'version', ...platform.versions() });
  else output.result(platform.versions()['wgsl-train']);
}

/**
 * Runs a command as this process and sets its exit code. The first Ctrl-C, SIGTERM or SIGHUP asks it to stop
 * between two submits; the second ends the process at once. A reader that goes away (`| head`) silences the
 * output and does not stop the work, because the result is a file.
 */
export async function runAsProcess(execute: Command['execute']): Promise<void> {
  const stop = listenForStop((text) => process.stderr.write(text));
  const outputFailure = guardStreams();
  try {
    process.exitCode = await execute(process.argv.slice(2), {
      stdout: process.stdout,
      stderr: process.stderr,
      signal: stop.signal,
      loadEngine: async () => (await import('./engine.js')).engine,
    });
  } finally {
    stop.close();
  }
  // Streams tell of their errors in a later turn.
  await setImmediate();
  const failure = outputFailure();
  if (failure === null || process.exitCode !== 0) return;
  process.stderr.write(`${failure.describe()}\n`);
  process.exitCode = failure.exitCode;
}

/** @throws EngineError `usage` for words that are missing, and for more than there may be */
export function checkWords(
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

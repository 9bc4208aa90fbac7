/** What --help prints of a command, and of a list of commands. */
import { tableColumns, wrap } from '../base/text.js';
import { commandLine } from '../platform/command-line.js';
import type { Option } from './option.js';

export const groups = {
  train: 'train',
  results: 'look at results and use them',
  data: 'data',
  trust: 'find out whether it works here',
  speed: 'measure speed',
} as const;

export type Group = keyof typeof groups;

/** A word of a command line that is no option, such as the name of a run. */
export interface Word {
  /** What the usage calls it: `RUN`. */
  readonly name: string;
  /** What stands there; also what an error expects. */
  readonly help: string;
  readonly isOptional?: boolean;
  readonly isRepeated?: boolean;
}

export interface CommandText {
  readonly name: string;
  readonly group: Group;
  readonly summary: string;
  readonly about?: readonly string[];
  readonly usage?: string;
  readonly words: readonly Word[];
  readonly options: readonly Option<unknown>[];
}

type Bold = (text: string) => string;

const exitCodeRows = [
  ['0', 'done'],
  ['1', 'a bug'],
  ['2', 'wrong usage; nothing was touched'],
  ['4', 'diverged: a loss, gradient or weight was not finite'],
  ['65', 'a damaged file'],
  ['66', 'no data'],
  ['69', 'no WebGPU adapter, or it failed (lost, out of memory, wrong results)'],
  ['74', 'a file could not be written'],
  ['75', 'stopped by SIGTERM; a training continues with --resume'],
  ['130', 'Ctrl-C; a training continues with --resume'],
] as const;

/** Usage, what it does, words and options, and exit codes: 80 columns wide. */
export function commandHelp(text: CommandText, bold: Bold): string {
  const { summary, about = [], words, options } = text;
  const sections = [...new Set(options.map(({ section = 'options' }) => section))].map((section) => [
    bold(section),
    ...options.filter((each) => (each.section ?? 'options') === section).map(optionText),
  ]);
  return [
    [`${bold('usage:')} ${usageOf(text)}`],
    [sentence(summary), ...about].map((paragraph) => wrap(paragraph, tableColumns)),
    ...(words.length === 0 ? [] : [words.map((word) => entry(word.name, word.help))]),
    ...sections,
    [bold('exit codes'), ...exitCodeRows.map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)],
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** Commands with a line about each, by what a person wants to do. */
export function commandList(
  { name, summary, options }: CommandText,
  commands: readonly CommandText[],
  bold: Bold,
): string {
  const used = (Object.keys(groups) as Group[]).filter((group) =>
    commands.some((each) => each.group === group),
  );
  const own = (command: CommandText): string => command.name.slice(name === '' ? 0 : name.length + 1);
  const width = Math.max(...commands.map((command) => own(command).length));
  const rows = used.map((group) => [
    ...(used.length === 1 ? [bold('commands')] : [bold(groups[group])]),
    ...commands
      .filter((each) => each.group === group)
      .map((each) => `  ${own(each).padEnd(width)}  ${beside(each.summary, width + 4)}`),
  ]);
  return [
    [`${bold('usage:')} ${commandLine(name, 'COMMAND', '[options]')}`],
    [sentence(summary)],
    ...rows,
    [bold('options'), ...options.map(optionText)],
    [`more: ${commandLine(name, 'COMMAND', '--help')}`],
  ]
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

export function usageOf({ name, usage = '[options]', words }: CommandText): string {
  const named = words.map((word) => {
    const many = word.isRepeated === true ? `${word.name}...` : word.name;
    return word.isOptional === true ? `[${many}]` : many;
  });
  return commandLine(name, ...named, usage);
}

function optionText({ flag, short, value, help }: Option<unknown>): string {
  return entry(`${short === undefined ? '' : `${short}, `}${flag}${value === null ? '' : ` ${value}`}`, help);
}

function entry(head: string, help: string): string {
  return `  ${head}\n      ${beside(help, 6)}`;
}

function beside(text: string, indent: number): string {
  return wrap(text, tableColumns - indent).replaceAll('\n', `\n${' '.repeat(indent)}`);
}

function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`;
}

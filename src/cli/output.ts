/** Where text goes: results and progress for people, JSON lines for programs, errors for both. */
import { styleText } from 'node:util';
import type { Output } from '../base/output.js';

export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Says whether this is a CI job or a terminal that cannot rewrite a line; process.env if left out. */
  readonly env?: Environment;
}

const assumedColumns = 80;
const eraseLine = '\r\u001b[K';
const eraseToEnd = '\r\u001b[J';

/** Not in a CI job (many have a terminal): its log keeps all that is written, thousands of live lines. */
function canRewrite(env: Environment): boolean {
  const { CI: ci = '', TERM: terminal } = env;
  return ['', '0', 'false'].includes(ci.toLowerCase()) && terminal !== 'dumb';
}

/** With colour only where a person looks at it, and did not ask for none (https://no-color.org). */
function paint(
  stream: TextStream,
  format: 'bold' | 'red' | 'yellow',
  text: string,
  env: Environment,
): string {
  const { NO_COLOR: none = '', TERM: terminal } = env;
  if (stream.isTTY !== true || none !== '' || terminal === 'dumb') return text;
  return styleText(format, text, { validateStream: false });
}

/**
 * The output of a command that takes --json and --quiet, read before its options are known to be right: a
 * program that asked for JSON gets its usage error as JSON, too.
 */
export function commandOutput(
  argv: readonly string[],
  { stdout, stderr }: Pick<OutputOptions, 'stdout' | 'stderr'>,
): Output {
  return createOutput({ stdout, stderr, json: argv.includes('--json'), quiet: argv.includes('--quiet') });
}

/** With --json stdout belongs to the events, so text for people goes to stderr. */
export function createOutput({ stdout, stderr, json, quiet, env = process.env }: OutputOptions): Output {
  const people = json ? stderr : stdout;
  const isLive = people.isTTY === true && !quiet && canRewrite(env);
  let shown = '';
  // Asked each time: people resize terminals.
  const columns = (): number =>
    people.columns === undefined || people.columns < 2 ? assumedColumns : people.columns;
  const erase = (): string => {
    // A terminal that was made narrower has broken the line into several rows; the cursor is in the last one.
    const rowsAbove = Math.max(0, Math.ceil(shown.length / columns()) - 1);
    return rowsAbove === 0 ? eraseLine : `\u001b[${rowsAbove}A${eraseToEnd}`;
  };
  const clear = (): void => {
    if (shown !== '') people.write(erase());
    shown = '';
  };
  const print = (stream: TextStream, text: string): void => {
    // What goes into a file leaves the line on the terminal alone.
    if (stream === people || stream.isTTY === true) clear();
    stream.write(`${text}\n`);
  };
  return {
    info: (text) => {
      if (!quiet) print(people, text);
    },
    result: (text) => {
      print(people, text);
    },
    error: (text) => {
      const [first, ...lines] = text.split('\n');
      const color = first!.startsWith('warning:') ? 'yellow' : 'red';
      print(stderr, [paint(stderr, color, first!, env), ...lines].join('\n'));
    },
    event: (record) => {
      if (json) print(stdout, JSON.stringify(record));
    },
    live: (text) => {
      if (!isLive) return;
      // A line as wide as the terminal would wrap, and then could not be rewritten.
      const room = columns() - 1;
      const next = (typeof text === 'string' ? text : text(room)).slice(0, room);
      people.write(erase() + next);
      shown = next;
    },
    clear,
    bold: (text) => paint(people, 'bold', text, env),
    isLive,
  };
}

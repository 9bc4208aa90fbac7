/** Where text goes: results and progress for people, JSON lines for programs, errors for both. */

/** A stream such as process.stdout. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface Output {
  /** Text for people that --quiet leaves out, as whole lines. */
  info(text: string): void;
  /** Text for people that --quiet keeps. */
  result(text: string): void;
  /** Always on stderr. */
  error(text: string): void;
  /** One JSON object on a line of stdout; nothing without --json. */
  event(record: Readonly<Record<string, unknown>>): void;
  /** Rewrites the live line in place; nothing where `isLive` is false. */
  live(text: string): void;
  /** Removes the live line. */
  clear(): void;
  /** Whether people read on a terminal, and want progress. */
  readonly isLive: boolean;
}

export interface OutputOptions {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly json: boolean;
  readonly quiet: boolean;
}

const assumedColumns = 80;
const eraseLine = '\r\u001b[K';

/**
 * The output of a command that takes --json and --quiet, read before its options are known to be right: a program that asked
 * for JSON gets its usage error as JSON, too.
 */
export function commandOutput(
  argv: readonly string[],
  { stdout, stderr }: Pick<OutputOptions, 'stdout' | 'stderr'>,
): Output {
  return createOutput({ stdout, stderr, json: argv.includes('--json'), quiet: argv.includes('--quiet') });
}

/** With --json stdout belongs to the events, so text for people goes to stderr. */
export function createOutput({ stdout, stderr, json, quiet }: OutputOptions): Output {
  const people = json ? stderr : stdout;
  const isLive = people.isTTY === true && !quiet;
  let shown = '';
  const clear = (): void => {
    if (shown !== '') people.write(eraseLine);
    shown = '';
  };
  const print = (stream: TextStream, text: string): void => {
    clear();
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
      print(stderr, text);
    },
    event: (record) => {
      if (json) print(stdout, JSON.stringify(record));
    },
    live: (text) => {
      if (!isLive) return;
      // A line as wide as the terminal would wrap, and then could not be rewritten.
      const columns = people.columns === undefined || people.columns < 2 ? assumedColumns : people.columns;
      shown = text.slice(0, columns - 1);
      people.write(eraseLine + shown);
    },
    clear,
    isLive,
  };
}

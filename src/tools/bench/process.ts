/** Programs in processes of their own that tell what they do as JSON, one object a line of stdout. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EngineError, exitCodes, type ErrorKind } from '../../base/errors.js';
import { reason } from './peers.js';

export type Message = Readonly<Record<string, unknown>>;

export interface TellingProcess {
  /**
   * What it tells until it ends; lines that are no JSON are what libraries print.
   * @throws EngineError that the program tells as its `error` event
   */
  readonly messages: AsyncIterator<Message, void> & AsyncIterable<Message>;
  /** Once it is gone: `exit code 1` or the signal that ended it, and why. @throws if it cannot start */
  readonly ended: Promise<{ readonly how: string; readonly why: string }>;
  readonly write: (text: string) => void;
  readonly endInput: () => void;
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** @param env variables beside those that are there */
export function startTelling(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): TellingProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000);
  });
  // A program that is gone cannot be written to; `ended` says why.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<{ how: string; why: string }>((resolve, reject) => {
    child.on('error', ({ message }) => {
      reject(new EngineError('bug', message));
    });
    child.on('close', (code, signal) => {
      resolve({ how: signal ?? `exit code ${code ?? 'unknown'}`, why: reason(stderr) });
    });
  });
  // Who waits for a message asks for it only then.
  ended.catch(() => undefined);
  return {
    messages: messagesOf(child.stdout),
    ended,
    write: (text) => child.stdin.write(text),
    endInput: () => child.stdin.end(),
    kill: (signal) => child.kill(signal),
  };
}

async function* messagesOf(stdout: NodeJS.ReadableStream): AsyncGenerator<Message, void> {
  for await (const line of createInterface({ input: stdout })) {
    const message = parse(line);
    if (message?.event === 'error') throw reportedError(message);
    if (message !== null) yield message;
  }
}

function parse(line: string): Message | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Message;
  } catch {
    return null;
  }
}

/** The `error` event of one of this project's own commands as the error that it was, with its exit code. */
function reportedError({ kind, message, found, expected, remedy }: Message): EngineError {
  const known = Object.hasOwn(exitCodes, String(kind)) ? (kind as ErrorKind) : 'bug';
  const detail = Object.entries({ found, expected, remedy }).filter(([, text]) => typeof text === 'string');
  return new EngineError(known, String(message), Object.fromEntries(detail));
}

/** What a contender says of itself once it is warm. */
export interface ContenderFacts {
  readonly runsOn: string;
  readonly version?: string;
  /** Why nothing follows from a ratio to it. */
  readonly unfair?: string;
}

/** How long some steps took a contender. */
export interface Answer {
  readonly steps: number;
  readonly ms: number;
  /** CPU time of all its threads. */
  readonly cpuMs: number;
  /** Of the last step; null if it is no number. */
  readonly loss: number | null;
}

/** A contender that waits for its turn. */
export interface Running {
  readonly facts: ContenderFacts;
  /** @throws EngineError if the program fails or takes longer than `limitMs` */
  readonly run: (steps: number) => Promise<Answer>;
  /** Ends it; returns when it is gone. */
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The longest that a start or an answer may take. */
  readonly limitMs: number;
}

/** How long a contender that is in the middle of something may take to end by itself. */
const endMs = 3000;

/**
 * Starts a contender in a process of its own and waits until it is warm. It is spoken to by lines, see
 * scripts/peers/lib/contender.js.
 * @throws EngineError with the program's last words, or with the error that it reports itself
 */
export async function startContender({ command, args, env, limitMs }: StartOptions): Promise<Running> {
  const program = startTelling(command, args, env);
  const stop = async (): Promise<void> => {
    // It ends where its input ends, and with it what it started, such as a browser.
    program.endInput();
    const timer = setTimeout(() => {
      program.kill('SIGKILL');
    }, endMs);
    await program.ended.catch(() => undefined);
    clearTimeout(timer);
  };
  const next = async (): Promise<Message> => {
    let late = null as string | null;
    const timer = setTimeout(() => {
      late = `it gave no answer within ${limitMs / 1000} s`;
      program.kill('SIGKILL');
    }, limitMs);
    try {
      const { value } = await program.messages.next();
      if (value !== undefined) return value;
      const { how, why } = await program.ended;
      throw new EngineError('bug', late ?? `it ended (${how}): ${why}`);
    } catch (error) {
      await stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
  const { ready } = await next();
  return {
    facts: ready as ContenderFacts,
    run: async (steps) => {
      program.write(`${steps}\n`);
      return (await next()) as unknown as Answer;
    },
    stop,
  };
}

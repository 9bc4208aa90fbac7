import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { EngineError, exitCodes, type ErrorKind } from '../../base/errors.js';
import { reason } from './peers.js';

/** What a contender says of itself once it is warm. */
export interface ContenderFacts {
  readonly runsOn: string;
  readonly version?: string;
}

/** How long some steps took a contender. */
export interface Answer {
  readonly steps: number;
  readonly ms: number;
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
  /** The longest that a start or an answer may take. */
  readonly limitMs: number;
}

type Message = Readonly<Record<string, unknown>>;

/**
 * Starts a contender in a process of its own and waits until it is warm. It is spoken to by lines, see
 * scripts/peers/lib/contender.js; lines that are no JSON are what libraries print.
 * @throws EngineError with the program's last words, or with the error that it reports itself
 */
export async function startContender({ command, args, limitMs }: StartOptions): Promise<Running> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise<void>((resolve) => {
    child.on('close', () => {
      resolve();
    });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  const messages = listen(child);
  const next = async (): Promise<Message> => {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(failure(`it gave no answer within ${limitMs / 1000} s`));
      }, limitMs);
    });
    try {
      return await Promise.race([messages(), tooLong]);
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
      child.stdin.write(`${steps}\n`);
      return (await next()) as unknown as Answer;
    },
    stop,
  };
}

/** @returns a function that waits for the next message, or throws why there will be none */
function listen(child: ChildProcess): () => Promise<Message> {
  const arrived: Message[] = [];
  let ended: EngineError | null = null;
  let wake = (): void => undefined;
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000);
  });
  const end = (error: EngineError): void => {
    ended ??= error;
    wake();
  };
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const message = parse(line);
    if (message === null) return;
    if (message.event === 'error') end(reportedError(message));
    else arrived.push(message);
    wake();
  });
  child.on('error', ({ message }) => {
    end(failure(message));
  });
  // A program that is gone cannot be written to; `close` says why.
  child.stdin!.on('error', () => undefined);
  child.on('close', (code, signal) => {
    end(failure(`it ended (${signal ?? `exit code ${code ?? 'unknown'}`}): ${reason(stderr)}`));
  });
  return async () => {
    while (arrived.length === 0 && ended === null) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const message = arrived.shift();
    if (message !== undefined) return message;
    throw ended!;
  };
}

function parse(line: string): Message | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Message;
  } catch {
    return null;
  }
}

function failure(message: string): EngineError {
  return new EngineError('bug', message);
}

/**
 * The `error` event of one of this project's own commands as the error that it was: it keeps its kind across
 * the process, and so its exit code.
 */
export function reportedError({ kind, message, found, expected, remedy }: Message): EngineError {
  const known = Object.hasOwn(exitCodes, String(kind)) ? (kind as ErrorKind) : 'bug';
  const detail = Object.entries({ found, expected, remedy }).filter(([, text]) => typeof text === 'string');
  return new EngineError(known, String(message), Object.fromEntries(detail));
}

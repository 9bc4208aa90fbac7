/** What every command of scripts/ shares: streams, being stopped, and the way from an error to an exit code. */
import { setImmediate } from 'node:timers/promises';
import { EngineError, exitCodes } from '../base/errors.js';
import { notWritten, systemCode } from '../base/not-written.js';
import type { Engine } from './engine.js';
import type { Output, TextStream } from './output.js';
import { guardStreams } from './standard-streams.js';
import { listenForStop, stopKindOf } from './stop.js';

/** What a command works with; tests put their own in place. */
export interface CommandContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  readonly loadEngine: () => Promise<Engine>;
}

/** A command: its words after the script's name, to its exit code. */
export type CommandFunction = (argv: readonly string[], context: CommandContext) => Promise<number>;

/** Runs the body of a command; an error is told to people and programs, and becomes the exit code. */
export async function exitCodeOf(
  output: Output,
  signal: AbortSignal,
  body: () => Promise<number>,
): Promise<number> {
  try {
    return await body();
  } catch (thrown) {
    output.clear();
    const error = asEngineError(thrown, signal);
    const { kind, message, found, expected, remedy, exitCode } = error;
    output.event({ event: 'error', kind, message, found, expected, remedy, exitCode });
    output.error(error.exitCode === exitCodes.bug ? describeBug(error) : error.describe());
    return exitCode;
  }
}

function asEngineError(thrown: unknown, signal: AbortSignal): EngineError {
  if (thrown instanceof EngineError) return asStopped(thrown, signal);
  if (signal.aborted) return asStopped(interrupted(), signal);
  // Only writing fails so, wherever it was.
  if (['ENOSPC', 'EDQUOT', 'EROFS'].includes(systemCode(thrown) ?? ''))
    return notWritten((thrown as NodeJS.ErrnoException).path ?? 'a file', thrown) as EngineError;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError('bug', message, {
    remedy: 'this is a bug in wgsl-train: please report it with the lines above',
    cause: thrown,
  });
}

/** Layers below know only that they were to stop; the error says by what. */
function asStopped(error: EngineError, signal: AbortSignal): EngineError {
  if (error.kind !== 'interrupted' || stopKindOf(signal) === 'interrupted') return error;
  return new EngineError('terminated', error.message, error);
}

/** Thrown where a command finds, between two steps, that it is to stop. */
export function interrupted(): EngineError {
  return new EngineError('interrupted', 'interrupted', {
    remedy: 'start again: nothing half-done was written',
  });
}

function describeBug(error: EngineError): string {
  const { stack } = error.cause instanceof Error ? error.cause : error;
  return stack === undefined ? error.describe() : `${stack}\n${error.describe()}`;
}

/**
 * Runs a command as this process and sets its exit code. The first Ctrl-C, SIGTERM or SIGHUP asks it to stop between two submits; the
 * second ends the process at once. A reader that goes away (`| head`) silences the output and does not stop the work, because
 * the result is a file.
 */
export async function runAsProcess(command: CommandFunction): Promise<void> {
  const stop = listenForStop((text) => process.stderr.write(text));
  const outputFailure = guardStreams();
  try {
    process.exitCode = await command(process.argv.slice(2), {
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

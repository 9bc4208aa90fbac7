/** What every command of scripts/ shares: streams, Ctrl-C, and the way from an error to an exit code. */
import { EngineError, exitCodes } from '../base/errors.js';
import type { Engine } from './engine.js';
import type { Output, TextStream } from './output.js';

/** What a command works with; tests put their own in place. */
export interface CommandContext {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly loadEngine: () => Promise<Engine>;
}

/** A command: its words after the script's name, to its exit code. */
export type Command = (argv: readonly string[], context: CommandContext) => Promise<number>;

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
  if (thrown instanceof EngineError) return thrown;
  if (signal.aborted) return interrupted();
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EngineError('bug', message, {
    remedy: 'this is a bug in wgsl-train: please report it with the lines above',
    cause: thrown,
  });
}

/** Thrown where a command finds, between two steps, that Ctrl-C was pressed. */
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
 * Runs a command as this process and sets its exit code. The first Ctrl-C asks it to stop between two submits; the second
 * ends the process at once. A reader that goes away (`| head`) silences the output and does not stop the work, because
 * the result is a file.
 */
export async function runAsProcess(command: Command): Promise<void> {
  const controller = new AbortController();
  const onInterrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
    process.stderr.write('\nstopping; Ctrl-C again stops at once\n');
  };
  process.on('SIGINT', onInterrupt);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  try {
    process.exitCode = await command(process.argv.slice(2), {
      stdout: process.stdout,
      stderr: process.stderr,
      signal: controller.signal,
      loadEngine: async () => (await import('./engine.js')).engine,
    });
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}

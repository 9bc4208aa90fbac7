/** How an error that ended a command is told to people and programs, and the exit code that it becomes. */
import { EngineError, exitCodes } from '../base/errors.js';
import { notWritten, systemCode } from '../base/not-written.js';
import type { Output } from '../base/output.js';
import { stopKindOf } from './stop.js';

/** @returns the exit code */
export function tellError(thrown: unknown, output: Output, signal: AbortSignal): number {
  output.clear();
  const error = asEngineError(thrown, signal);
  const { kind, message, found, expected, remedy, exitCode } = error;
  output.event({ event: 'error', kind, message, found, expected, remedy, exitCode });
  output.error(exitCode === exitCodes.bug ? describeBug(error) : error.describe());
  return exitCode;
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

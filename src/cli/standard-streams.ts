/** stdout and stderr of this process, which may fail while a command works. */
import { notWritten } from '../base/not-written.js';
import type { EngineError } from '../base/errors.js';

/**
 * Keeps failing streams from ending the work, whose result is a file: they fall silent.
 * @returns why stdout did not take everything, asked for at the end; null if it did, or nobody reads it any
 *   more (`| head`, a terminal that was closed)
 */
export function guardStreams(): () => EngineError | null {
  let failure: EngineError | null = null;
  let hasFailed = false;
  process.stderr.on('error', () => {
    // There is nowhere left to say so.
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // What a stream says after its first error follows from that.
    if (hasFailed) return;
    hasFailed = true;
    const isUnread = error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY);
    if (!isUnread) failure = notWritten('standard output', error) as EngineError;
  });
  return () => failure;
}

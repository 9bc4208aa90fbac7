import { fileURLToPath } from 'node:url';
import { EngineError } from '../../base/errors.js';
import { startTelling } from '../../tools/bench/process.js';
import type { TrainOnce, RepeatedTrial } from '../../tools/repeat/record.js';
import type { RunContext } from '../command.js';
import { interrupted } from '../tell-error.js';

const script = fileURLToPath(new URL('../../../scripts/repeat.js', import.meta.url));

/** Trains with these options in a process of its own. @throws what that ended with, `interrupted` */
export function inOwnProcess(words: readonly string[], { output, signal }: RunContext): TrainOnce {
  let isKnown = false;
  return async (fuse) => {
    const options = fuse ? words : [...new Set([...words, '--no-fuse'])];
    const program = startTelling(process.execPath, [script, ...options, '--times=1', '--json']);
    const stop = (): void => {
      program.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop);
    let records: readonly RepeatedTrial[] | null = null;
    try {
      for await (const message of program.messages) {
        // It says on what it trains, the same each time.
        if (message.event === 'start' && !isKnown) output.event(message);
        isKnown ||= message.event === 'start';
        if (message.event === 'time') records = message.trials as readonly RepeatedTrial[];
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await program.ended;
      signal.removeEventListener('abort', stop);
    }
    const { how, why } = await program.ended;
    if (signal.aborted) throw interrupted();
    if (records === null || how !== 'exit code 0')
      throw new EngineError('bug', `the process that trained ended with ${how}`, { found: why });
    output.clear();
    return records;
  };
}

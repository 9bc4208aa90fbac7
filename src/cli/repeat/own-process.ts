import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EngineError } from '../../base/errors.js';
import { reportedError } from '../../tools/bench/process.js';
import { interrupted } from '../tell-error.js';
import type { RunContext } from '../command.js';
import type { TrainOnce, RepeatedTrial } from '../../tools/repeat/record.js';

const script = fileURLToPath(new URL('../../../scripts/repeat.js', import.meta.url));

type Message = Readonly<Record<string, unknown>>;

/** @param words the options about the training */
export function inOwnProcess(words: readonly string[], { output, signal }: RunContext): TrainOnce {
  let isKnown = false;
  return async (fuse) => {
    const records = await trainInProcess(
      fuse ? words : [...new Set([...words, '--no-fuse'])],
      signal,
      (start) => {
        if (!isKnown) output.event(start);
        isKnown = true;
      },
    );
    output.clear();
    return records;
  };
}

/**
 * Trains once in a process of its own.
 * @param options of scripts/repeat.js, without those about times and output
 * @param onStart takes the event that says on what it trains
 * @throws EngineError what the process ended with, `interrupted`
 */
function trainInProcess(
  options: readonly string[],
  signal: AbortSignal,
  onStart: (start: Message) => void,
): Promise<readonly RepeatedTrial[]> {
  return new Promise((resolve, reject) => {
    const args = [script, ...options, '--times=1', '--json'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stop = (): void => {
      child.kill();
    };
    signal.addEventListener('abort', stop);
    let records: readonly RepeatedTrial[] | null = null;
    let error: EngineError | null = null;
    let stderr = '';
    createInterface({ input: child.stdout }).on('line', (line) => {
      const message = JSON.parse(line) as Message;
      if (message.event === 'start') onStart(message);
      if (message.event === 'time') records = message.trials as readonly RepeatedTrial[];
      if (message.event === 'error') error = reportedError(message);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (code, ended) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(interrupted());
      else if (error === null && records !== null && code === 0) resolve(records);
      else
        reject(
          error ??
            new EngineError('bug', `the process that trained ended with ${ended ?? `exit code ${code}`}`, {
              found: stderr.trimEnd().split('\n').at(-1) ?? '',
            }),
        );
    });
  });
}

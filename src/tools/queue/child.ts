/**
 * A unit's training in a process of its own: saving blocks a process, and this one has heartbeats to send.
 */
import { spawn } from 'node:child_process';
import type { UnitEnd } from './verdict.js';
import { urlVariable } from './address.js';

export interface UnitCommand {
  readonly file: string;
  readonly args: readonly string[];
}

const mostWords = 10_000;

/**
 * Runs a command until it ends. When the signal aborts, it gets SIGTERM once. It has a channel to this
 * process, which closes if this one is killed, and is in a process group of its own: a Ctrl-C at the terminal
 * comes to this process alone, which passes on one wish to stop and not two.
 */
export function runUnit({ file, args }: UnitCommand, signal: AbortSignal): Promise<UnitEnd> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      detached: true,
      windowsHide: true,
      env: { ...process.env, [urlVariable]: undefined },
    });
    let words = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-mostWords);
    });
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    child.on('error', ({ message }) => {
      resolve({ code: null, signal: null, words: message });
    });
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', stop);
      resolve({ code, signal: killed, words: words.trim() });
    });
  });
}

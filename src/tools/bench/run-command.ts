import { spawn } from 'node:child_process';

/** How a command ended; `code` is null if it could not be started, was stopped by a signal or took too long. */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Why it failed, in its own words. */
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Aborting ends the command at once. */
  readonly signal?: AbortSignal;
}

/** Runs a command to its end; tests put another in its place. Never throws. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  options: RunOptions,
) => Promise<CommandResult>;

export const runCommand: RunCommand = (command, args, { cwd, env, limitMs, signal }) =>
  new Promise((resolve) => {
    const texts = { stdout: '', stderr: '' };
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      // npm is a batch file there.
      shell: process.platform === 'win32' && command === 'npm',
    });
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] += text;
      });
    child.on('error', ({ message }) => {
      resolve({ code: null, stdout: '', stderr: message });
    });
    const end = (): void => {
      child.kill('SIGKILL');
    };
    signal?.addEventListener('abort', end);
    child.on('close', (code, endedBy) => {
      signal?.removeEventListener('abort', end);
      if (endedBy !== null) texts.stderr += `\nended by ${endedBy}`;
      resolve({ code, ...texts });
    });
  });

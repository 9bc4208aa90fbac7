import { execFile } from 'node:child_process';

/**
 * How a command ended; `code` is null if it could not be started, was stopped by a signal or took too long.
 */
export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  /** Why it failed, in its own words. */
  readonly stderr: string;
}

/** Runs a command to its end; tests put another in its place. Never throws. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly limitMs: number },
) => Promise<CommandResult>;

export const runCommand: RunCommand = (command, args, { cwd, limitMs }) =>
  new Promise((resolve) => {
    // npm is a batch file there.
    const shell = process.platform === 'win32' && command === 'npm';
    const options = { cwd, shell, timeout: limitMs, maxBuffer: Infinity };
    const child = execFile(command, [...args], options, (error, stdout, stderr) => {
      const { exitCode, signalCode } = child;
      if (signalCode !== null) resolve({ code: null, stdout, stderr: `${stderr}\nended by ${signalCode}` });
      else if (exitCode !== null && exitCode >= 0) resolve({ code: exitCode, stdout, stderr });
      else resolve({ code: null, stdout, stderr: error?.message ?? '' });
    });
  });

import { spawn, type ChildProcess } from 'node:child_process';

/** How a process ended, and what it said. */
export interface Ended {
  /** Null: by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface NodeOptions {
  /** The directory that it starts in. */
  readonly cwd: string;
  /** Beside those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** An open file that takes its standard output. */
  readonly stdout?: number;
  /** Sees all that it has said so far on both streams, whenever something comes. */
  readonly onText?: (all: string, child: ChildProcess) => void;
}

/** Runs node with these words until it ends. */
export function runNode(args: readonly string[], options: NodeOptions): Promise<Ended> {
  const { cwd, env, stdout = 'pipe', onText } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', stdout, 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.setEncoding('utf8').on('data', (text: string) => {
        texts[stream] += text;
        onText?.(texts.stdout + texts.stderr, child);
      });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, ...texts });
    });
  });
}

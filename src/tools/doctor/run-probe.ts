/** Runs the probe process and collects what it says before it ends, however it ends. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProbeRecord } from './probe.js';

export interface ProbeOutcome {
  readonly records: readonly ProbeRecord[];
  /** How the process ended; both null: it was stopped, because it took too long. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** Starts the probe. Tests put another one in its place. */
export type RunProbe = (adapter: string | undefined, signal: AbortSignal) => Promise<ProbeOutcome>;

/** A software driver compiles for 20 s at most where this was measured. */
const longestMs = 180_000;

export const runProbe: RunProbe = (adapter, signal) =>
  runProbeProcess(
    [
      fileURLToPath(new URL('../../cli/probe-process.js', import.meta.url)),
      ...(adapter === undefined ? [] : [adapter]),
    ],
    signal,
  );

/** @param args of node: the program, then its arguments */
export function runProbeProcess(
  args: readonly string[],
  signal: AbortSignal,
  limitMs = longestMs,
): Promise<ProbeOutcome> {
  const options = { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: Infinity } as const;
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [...args], options, (error, stdout, stderr) => {
      signal.removeEventListener('abort', stop);
      const isLate = error?.killed === true && !signal.aborted;
      const { exitCode, signalCode } = child;
      if (exitCode === null && signalCode === null) reject(error ?? new Error('the probe was not started'));
      const ended = isLate ? { exitCode: null, signal: null } : { exitCode, signal: signalCode };
      resolve({ records: parseRecords(stdout), ...ended, stderr });
    });
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    signal.addEventListener('abort', stop);
  });
}

/** Whole lines only: a crash may cut the last one off. */
function parseRecords(text: string): ProbeRecord[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ProbeRecord);
}

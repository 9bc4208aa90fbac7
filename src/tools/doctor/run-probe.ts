/** Runs the probe process and collects what it says before it ends, however it ends. */
import { spawn } from 'node:child_process';
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
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        texts[stream] += text;
      });
    let isLate = false;
    const stop = (): void => {
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => {
      isLate = true;
      stop();
    }, limitMs);
    signal.addEventListener('abort', stop);
    child.on('error', reject);
    child.on('close', (code, killed) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve({
        records: parseRecords(texts.stdout),
        exitCode: isLate ? null : code,
        signal: isLate ? null : killed,
        stderr: texts.stderr,
      });
    });
  });
}

/** Whole lines only: a crash may cut the last one off. */
function parseRecords(text: string): ProbeRecord[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ProbeRecord);
}

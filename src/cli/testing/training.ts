/**
 * Trainings as real processes, which are stopped, paused and killed. They run the built engine: `npm run
 * build` first.
 */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readState } from '../../runs/index.js';
import { openRun } from '../../runs/open.js';
import type { Snapshot } from '../../train/types.js';

export const repository = fileURLToPath(new URL('../../..', import.meta.url));
const script = join(repository, 'scripts', 'train.js');
export const isBuilt = existsSync(join(repository, 'dist', 'cli', 'command.js'));
if (!isBuilt) console.warn('skipped: trainings in processes of their own need dist/ (npm run build)');

/** What is done to a training once an epoch is over. */
export interface Disturbance {
  /** Epoch at whose end it is due. */
  readonly epoch: number;
  /** Milliseconds from then. */
  readonly afterMs: number;
  readonly signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';
  /** Milliseconds until a stopped process continues. */
  readonly pauseMs?: number;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Disturbances that came before its end. */
  readonly disturbed: number;
  readonly stderr: string;
  /** Epochs that it reported, and the megabytes that the process had allocated at each. */
  readonly epochs: readonly number[];
  readonly megabytes: readonly number[];
}

export interface TrainingOptions {
  readonly cwd: string;
  readonly disturbances?: readonly Disturbance[];
  /** Milliseconds that each call costs that writes to the disk. */
  readonly slowDiskMs?: number;
}

/** Runs scripts/train.js with these options to its end. */
export function runTraining(
  options: readonly string[],
  { cwd, disturbances = [], slowDiskMs = 0 }: TrainingOptions,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const slow = slowDiskMs === 0 ? [] : ['--import', new URL('slow-disk.js', import.meta.url).href];
    const child = spawn(process.execPath, [...slow, script, ...options, '--json'], {
      cwd,
      env: { ...process.env, WGSL_TRAIN_CACHE: join(cwd, 'cache'), SLOW_DISK_MS: String(slowDiskMs) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const left = [...disturbances];
    const epochs: number[] = [];
    const megabytes: number[] = [];
    let [disturbed, stderr, isOver] = [0, '', false];
    const disturb = ({ signal, pauseMs = 0 }: Disturbance): void => {
      if (isOver) return;
      child.kill(signal);
      disturbed++;
      if (signal === 'SIGSTOP') setTimeout(() => child.kill('SIGCONT'), pauseMs);
    };
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as { readonly event: string; readonly epoch: number };
      if (event.event !== 'epoch') return;
      epochs.push(event.epoch);
      megabytes.push(allocatedMegabytes(child.pid!));
      while (left.length > 0 && event.epoch >= left[0]!.epoch) {
        const next = left.shift()!;
        setTimeout(() => {
          disturb(next);
        }, next.afterMs);
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('exit', () => (isOver = true));
    child.on('close', (code, signal) => {
      resolve({ code, signal, disturbed, stderr, epochs, megabytes });
    });
  });
}

/**
 * What a process has allocated, in memory or swapped out (proc(5), RssAnon and VmSwap); NaN where nothing
 * tells. Pages of files, such as libraries, come and go as the system likes.
 */
function allocatedMegabytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
    return (kilobytes('RssAnon') + kilobytes('VmSwap')) / 1024;
  } catch {
    return NaN;
  }
}

/**
 * Everything of a finished run that an undisturbed one has, too: weights, moments, metrics; bits as
 * hexadecimal.
 */
export function outcomeOf(directory: string): Readonly<Record<string, unknown>> {
  const { summary } = openRun(directory);
  const weights = summary.variants.flatMap(({ name, runs }) =>
    runs.map(({ seed, weightsSha256, epochs, best, test }) => ({
      name,
      seed,
      weightsSha256,
      epochs,
      best,
      test,
    })),
  );
  const lines = readFileSync(join(directory, 'metrics.csv'), 'utf8').trimEnd().split('\n');
  // The last column is of the time that it took.
  const metrics = lines.map((line) => line.slice(0, line.lastIndexOf(','))).sort();
  const checkpoints = Object.fromEntries(
    readdirSync(join(directory, 'checkpoints')).map((folder) => {
      const [, variant, seed] = /^(.*)-seed(\d+)$/.exec(folder)!;
      const { last, best, history, stopped } = readState(directory, {
        variant: variant!,
        seed: Number(seed),
      })!.state;
      return [folder, { last: bitsOf(last), best: best && bitsOf(best), history, stopped }];
    }),
  );
  return { weights, metrics, checkpoints };
}

function bitsOf({ epoch, step, parameters, firstMoments, secondMoments }: Snapshot): unknown {
  const hex = (tensors: Snapshot['parameters']): unknown =>
    [...tensors].map(([name, { shape, data }]) => [
      name,
      shape,
      Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    ]);
  return { epoch, step, parameters: hex(parameters), moments: [hex(firstMoments), hex(secondMoments)] };
}

/**
 * A training under faults (killed, stopped, paused, on a slow disk) ends with the bits of an undisturbed one.
 * In the long form it is experiment 0 with its 500 epochs, and memory has to stay where it is.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasKmnist10k, kmnist10k } from '../testing/kmnist10k.js';
import { howMany, isLong } from '../testing/modes.js';
import { isBuilt, outcomeOf, runTraining, type Disturbance, type Ended } from './testing/training.js';

const hasData = !isLong || hasKmnist10k('the long run');

const epochs = howMany(30, 500);
const options = isLong
  ? `--exp 0 --data ${kmnist10k} --out`
  : `--exp 0 --data synthetic:500/100 --hidden 16 --batch-size 4 --epochs ${epochs} --out`;
/** Of an epoch: 8,000 images by 128 (experiment 0), or 500 by 4. */
const steps = howMany(125, 63);

const pauseMs = howMany(2_000, 30_000);
const slowDiskMs = howMany(20, 200);

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-long-run-'));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

/** At a random moment after so great a share of the epochs. */
function at(share: number, signal: Disturbance['signal']): Disturbance {
  return {
    epoch: Math.max(1, Math.floor(share * epochs)),
    afterMs: howMany(40, 300) * Math.random(),
    signal,
    pauseMs,
  };
}

/** Processes that continue one training one after another, and what happens to each. */
const processes: readonly { readonly disturbances: readonly Disturbance[]; readonly slow: boolean }[] = [
  { disturbances: [at(0.1, 'SIGSTOP'), at(0.25, 'SIGKILL')], slow: true },
  { disturbances: [at(0.4, 'SIGTERM')], slow: false },
  ...(isLong ? [{ disturbances: [at(0.6, 'SIGKILL')], slow: true }] : []),
  { disturbances: [at(0.75, 'SIGSTOP')], slow: false },
];

/** Megabytes per 1,000 steps, by least squares over the last half of a training. */
function slope({ epochs: reached, megabytes }: Ended): number {
  const points = reached
    .map((epoch, i) => ({ x: (epoch * steps) / 1000, y: megabytes[i]! }))
    .slice(reached.length >> 1);
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const covariance = mean(points.map((point) => (point.x - x) * (point.y - y)));
  return covariance / mean(points.map((point) => (point.x - x) ** 2));
}

describe.skipIf(!isBuilt || !hasData || process.platform === 'win32')(`${epochs} epochs`, () => {
  it('under faults end with the same bits', async () => {
    const undisturbed = await runTraining([...options.split(' '), 'undisturbed'], { cwd: home });
    expect(undisturbed).toMatchObject({ code: 0 });
    expect(undisturbed.epochs).toHaveLength(epochs);

    let command = [...options.split(' '), 'faulty', '--checkpoint-every', String(howMany(0, 2))];
    const ends: string[] = [];
    for (const { disturbances, slow } of processes) {
      const {
        code,
        signal,
        stderr,
        epochs: reached,
        disturbed,
      } = await runTraining(command, {
        cwd: home,
        disturbances,
        slowDiskMs: slow ? slowDiskMs : 0,
      });
      const end = signal ?? code;
      // A training that is over before this process knew of the epoch ends with 0 and cannot be disturbed any
      // more.
      expect([0, 'SIGKILL', 75], stderr).toContain(end);
      if (end === 75) expect(stderr).toContain('--resume');
      ends.push(
        `epochs ${reached[0] ?? '-'} to ${reached.at(-1) ?? '-'}, ${disturbed} faults, ended by ${end}`,
      );
      command = ['--resume', 'faulty', '--checkpoint-every', String(howMany(0, 2))];
    }
    console.log(ends.join('\n'));
    expect(ends.filter((end) => !end.endsWith('ended by 0')).length).toBeGreaterThan(0);
    expect(ends.at(-1)).toMatch(/ended by 0$/);
    expect(outcomeOf(join(home, 'faulty'))).toEqual(outcomeOf(join(home, 'undisturbed')));
  }, 3_600_000);

  // The heap of a process finds its size within the first 30,000 steps or so: a slope is one only after that.
  const isMeasurable = isLong && process.platform === 'linux';
  it.runIf(isMeasurable)(
    'memory does not grow: experiment 0, three times as many epochs',
    async () => {
      const ended = await runTraining([...options.split(' '), 'long', '--epochs', String(3 * epochs)], {
        cwd: home,
      });
      expect(ended).toMatchObject({ code: 0 });
      const growth = slope(ended);
      console.log(
        `memory: ${growth.toFixed(3)} MB per 1,000 steps, ${ended.megabytes.at(-1)?.toFixed(0)} MB at the end`,
      );
      expect(growth).toBeLessThan(1);
    },
    3_600_000,
  );
});

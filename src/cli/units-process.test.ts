/** Units as real processes: killed, stopped, begun twice, left alone, with the bits of one process. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  isBuilt,
  outcomeOf,
  repository,
  runTraining,
  type Disturbance,
  type Ended,
} from './testing/training.js';

const epochs = 16;
const options =
  '--exp 6 --seeds 2 --data synthetic:500/100 --hidden 16 --epochs 16 --patience 16 --checkpoint-every 0';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'wgsl-train-unit-processes-'));
});
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

const train = (line: string, ...disturbances: readonly Disturbance[]): Promise<Ended> =>
  runTraining(line.split(' '), { cwd: home, disturbances });

/** Trains a unit again and again until it is done. @returns how its processes ended */
async function untilDone(unit: string, first: Ended): Promise<(number | string | null)[]> {
  const ends = [first.signal ?? first.code];
  while (ends.at(-1) !== 0) {
    if (ends.length > 5) throw new Error(`${unit} does not end: ${ends.join(', ')}`);
    const next = await train(`--config units/config.json --out units --unit ${unit} --checkpoint-every 0`);
    ends.push(next.signal ?? next.code);
  }
  return ends;
}

/** Starts a unit with an IPC channel, and closes that once an epoch is over. @returns the exit code */
function abandoned(unit: string): Promise<number | null> {
  const script = join(repository, 'scripts', 'train.js');
  const words = ['--config', 'units/config.json', '--out', 'units', '--unit', unit, '--json'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...words], {
      cwd: home,
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    });
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"epoch"') && child.connected) child.disconnect();
    });
    child.on('error', reject);
    child.on('exit', resolve);
  });
}

const metricsOf = (name: string): string[] =>
  readFileSync(join(home, name, 'metrics.csv'), 'utf8')
    .split('\n')
    .map((line) => line.slice(0, line.lastIndexOf(',')));

describe.skipIf(!isBuilt || process.platform === 'win32')('units', () => {
  it('that were killed, stopped, begun twice and left alone end with the bits of one process', async () => {
    expect((await train(`${options} --out one`)).code).toBe(0);
    const at = Math.floor(epochs / 3);
    const kill: Disturbance = { epoch: at, afterMs: 20, signal: 'SIGKILL' };
    const stop: Disturbance = { epoch: at, afterMs: 0, signal: 'SIGTERM' };
    // The four make the run at the same time.
    const unit = (index: number): string => `${options} --out units --unit ${index}/4`;
    const [killed, stopped, first, second] = await Promise.all([
      train(unit(0), kill),
      train(unit(1), stop),
      train(unit(2)),
      train(unit(2)),
    ]);
    // On a crowded machine a process may have ended before it was disturbed, or began.
    expect(['SIGKILL', 0]).toContain(killed.signal ?? killed.code);
    expect([75, 0]).toContain(stopped.code);
    expect([first.code, second.code].every((code) => code === 0 || code === 75)).toBe(true);
    expect([first.code, second.code]).toContain(0);
    await untilDone('0/4', killed);
    await untilDone('1/4', stopped);
    expect([75, 0]).toContain(await abandoned('3/4'));
    const { code, stderr } = await train('--resume units');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(outcomeOf(join(home, 'units'))).toEqual(outcomeOf(join(home, 'one')));
    expect(metricsOf('units')).toEqual(metricsOf('one'));
  });
});

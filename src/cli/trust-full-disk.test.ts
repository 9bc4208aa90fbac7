/**
 * A training whose disk fills up ends with 74, keeps its last checkpoint, and goes on once there is space.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readState } from '../runs/index.js';
import { isBuilt, outcomeOf, runTraining } from './testing/training.js';

const epochs = 8;
const options = `--exp 0 --data synthetic:300/60 --hidden 16 --batch-size 8 --epochs ${epochs} --checkpoint-every 0`;

const home = mkdtempSync(join(tmpdir(), 'wgsl-train-full-'));
const disk = join(home, 'disk');
mkdirSync(disk);
const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });
// A checkpoint takes 155 kB: one fits, and not a second one beside it.
const mounted = mount('-t', 'tmpfs', '-o', 'size=240k', 'wgsl-train', disk);
const isMounted = mounted.status === 0;
if (!isMounted)
  console.warn(`skipped: no small disk to fill: ${mounted.stderr || (mounted.error?.message ?? 'no mount')}`);
afterAll(() => {
  if (isMounted) spawnSync('umount', [disk]);
  rmSync(home, { recursive: true, force: true });
});

it.skipIf(!isBuilt || !isMounted)('a full disk', async () => {
  const train = (line: string) => runTraining(line.split(' '), { cwd: home });
  expect(await train(`${options} --out undisturbed`)).toMatchObject({ code: 0 });

  const { code, stderr } = await train(`${options} --out disk/run`);
  expect({ code, stderr }).toMatchObject({ code: 74 });
  expect(stderr).toMatch(/last\.safetensors could not be written\n {2}found: {4}ENOSPC/);
  expect(stderr).toMatch(
    /remedy: {3}free space on its file system, then continue with .*--resume disk\/run$/m,
  );
  const saved = readState(join(disk, 'run'), { variant: 'baseline', seed: 0 });
  expect(saved?.state.last.epoch).toBeGreaterThan(0);
  expect(saved?.state.last.epoch).toBeLessThan(epochs);

  mount('-o', 'remount,size=16m', disk);
  expect(await train('--resume disk/run')).toMatchObject({ code: 0 });
  expect(outcomeOf(join(disk, 'run'))).toEqual(outcomeOf(join(home, 'undisturbed')));
});

/** Disks that are full or may only be read: real ones, where this user may mount a file system in memory. */
import { defaultConfig } from '../train/settings.js';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EngineError } from '../base/errors.js';
import { appendFile, makeDirectory, readState, replaceFile, saveState } from './index.js';
import { madeState } from './testing/states.js';

const kilobytes = 64;
const disk = mkdtempSync(join(tmpdir(), 'wgsl-train-disk-'));
const mount = (...args: string[]) => spawnSync('mount', args, { encoding: 'utf8' });

const mounted = mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'wgsl-train', disk);
const isMounted = mounted.status === 0;
if (!isMounted)
  console.warn(`skipped: no small disk to fill: ${mounted.stderr || (mounted.error?.message ?? 'no mount')}`);
afterAll(() => {
  if (isMounted) spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

const path = join(disk, 'file');
const old = 'what was there before';
const thrownBy = (body: () => void): EngineError => {
  try {
    body();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

const trial = {
  variant: 'small',
  seed: 0,
  config: {
    ...defaultConfig,
    hidden: [],
    dropout: 0,
    weightDecay: 0,
    decay: 'decoupled',
    learningRate: 1e-3,
    batchSize: 8,
    epochs: 5000,
    patience: null,
    validation: 0,
  },
} as const;
const facts = { experiment: 0, dataset: { name: 'none', sha256: 'ab' }, adapter: 'none', version: '0' };
const stateAt = (epoch: number) => madeState(trial, { valLosses: Array.from({ length: epoch }, () => null) });

describe.runIf(isMounted)('a full disk', () => {
  beforeEach(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
  });

  it('keeps the file that was to be replaced', () => {
    replaceFile(path, old);
    const error = thrownBy(() => {
      replaceFile(path, new Uint8Array(1024 * kilobytes));
    });
    expect(error).toMatchObject({ kind: 'not-written', exitCode: 74 });
    expect(error.describe()).toMatch(
      /file could not be written\n {2}found: {4}ENOSPC.*\n {2}remedy: {3}free space/,
    );
    expect(readFileSync(path, 'utf8')).toBe(old);
    expect(readdirSync(disk)).toEqual(['file']);
    // The half that was written takes no space any more.
    replaceFile(path, new Uint8Array(512 * kilobytes));
  });

  it('keeps the lines of a file that was to grow', () => {
    appendFile(path, old);
    expect(
      thrownBy(() => {
        appendFile(path, new Uint8Array(1024 * kilobytes));
      }),
    ).toMatchObject({ kind: 'not-written' });
    expect(readFileSync(path, 'utf8')).toBe(old);
  });

  it('keeps the checkpoint before the one that does not fit, and goes on once there is space', () => {
    let epoch = 0;
    const error = thrownBy(() => {
      for (epoch = 1; epoch < 5000; epoch += 50) saveState(disk, stateAt(epoch), facts);
    });
    expect(error).toMatchObject({ kind: 'not-written' });
    expect(epoch).toBeGreaterThan(50);
    expect(readState(disk, trial)?.state.last).toEqual(expect.objectContaining({ epoch: epoch - 50 }));
    expect(readdirSync(join(disk, 'checkpoints', 'small-seed0'))).toEqual(['last.safetensors']);
    mount('-o', 'remount,size=1m', disk);
    expect(statfsSync(disk).blocks * statfsSync(disk).bsize).toBe(2 ** 20);
    saveState(disk, stateAt(epoch), facts);
    expect(readState(disk, trial)?.state.last.epoch).toBe(epoch);
    mount('-o', `remount,size=${kilobytes}k`, disk);
  });
});

describe.runIf(isMounted)('a disk that may only be read', () => {
  beforeAll(() => {
    for (const name of readdirSync(disk)) rmSync(join(disk, name), { recursive: true });
    replaceFile(path, old);
    mount('-o', 'remount,ro', disk);
  });
  afterAll(() => {
    mount('-o', 'remount,rw', disk);
  });

  it.each<[string, () => void]>([
    [
      'replaceFile',
      () => {
        replaceFile(path, 'new');
      },
    ],
    [
      'appendFile',
      () => {
        appendFile(path, 'new');
      },
    ],
    [
      'makeDirectory',
      () => {
        makeDirectory(join(disk, 'a', 'b'));
      },
    ],
    [
      'saveState',
      () => {
        saveState(disk, stateAt(1), facts);
      },
    ],
  ])('%s says so and changes nothing', (_, body) => {
    const error = thrownBy(body);
    expect(error).toMatchObject({ kind: 'not-written', found: expect.stringContaining('EROFS') as string });
    expect(error.message).toContain(disk);
    expect(readdirSync(disk)).toEqual(['file']);
    expect(readFileSync(path, 'utf8')).toBe(old);
  });
});

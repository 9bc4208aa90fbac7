/** A process that saves checkpoints is killed at random moments. It runs dist/: `npm run build` first. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { readState } from './index.js';
import { howMany } from '../testing/modes.js';

const built = (module: string): string => new URL(`../../dist/runs/${module}`, import.meta.url).href;
const isBuilt = existsSync(fileURLToPath(built('states.js')));
if (!isBuilt) console.warn('skipped: killing a process that saves needs dist/ (npm run build)');

const trial = { variant: 'killed', seed: 7 };

/**
 * Goes on from the directory's checkpoint and saves one epoch after another, each number of an epoch's
 * tensors the epoch. Every other epoch is the best so far, so that both files are written in some saves and
 * one in others. Says each epoch once it is saved.
 */
const saver = `
import { writeSync } from 'node:fs';
import { readState, saveState } from ${JSON.stringify(built('states.js'))};
import { removeStaleTemporaries } from ${JSON.stringify(built('directory.js'))};
const [directory] = process.argv.slice(-1);
const config = { hidden: [], dropout: 0, weightDecay: 0, decay: 'decoupled', learningRate: 1e-3, batchSize: 8, epochs: 1000000,
  patience: 10, validation: 0.2 };
const trial = { ...${JSON.stringify(trial)}, config };
const facts = { experiment: 1, dataset: { name: 'none', sha256: 'ab' }, adapter: 'none', version: '0' };
const shapes = [['layer0.weight', [784, 64]], ['layer0.bias', [64]]];
const filled = (value) => new Map(shapes.map(([name, shape]) =>
  [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value) }]));
const snapshot = (epoch) => ({ epoch, step: 0, parameters: filled(epoch), firstMoments: filled(-epoch), secondMoments: filled(epoch) });
const record = (epoch) => ({ epoch, train: { loss: 1, accuracy: 0.5 },
  validation: { loss: epoch % 2 === 1 ? 1 / epoch : 2, accuracy: 0.5 } });
removeStaleTemporaries(directory);
for (let epoch = (readState(directory, trial)?.state.last.epoch ?? 0) + 1; ; epoch++) {
  const history = Array.from({ length: epoch }, (_, i) => record(i + 1));
  const last = snapshot(epoch);
  saveState(directory, { trial, last, best: epoch % 2 === 1 ? last : null, metrics: new Uint32Array(), history,
    epochSeconds: history.map(() => 1), seconds: epoch, stopped: null, stepsPerEpoch: 10, kernels: { training: [], evaluation: [] } }, facts);
  writeSync(1, epoch + '\\n');
}`;

/** Kills a saver so many milliseconds after its first save. @returns the last epoch that it said was saved */
function saveAndKill(directory: string, afterMs: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const args = ['--input-type=module', '--eval', saver, directory];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [said, complaints] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    child.on('error', reject);
    child.on('close', (_, signal) => {
      if (signal === 'SIGKILL') resolve(Number(said.split('\n').at(-2)));
      else reject(new Error(`the saver ended by itself: ${complaints}`));
    });
  });
}

function temporariesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.part'),
  );
}

it.skipIf(!isBuilt)(`${howMany(25, 250)} times: what was said to be saved is there, whole`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'wgsl-train-kill-'));
  try {
    const kills = howMany(25, 250);
    let amidSaving = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const said = await saveAndKill(directory, 40 * Math.random());
      const stale = temporariesIn(directory);
      if (stale.length > 0) amidSaving++;
      // Each saver removes what the one before it left.
      expect(stale.length).toBeLessThanOrEqual(1);
      const state = readState(directory, trial)?.state;
      expect([said, said + 1]).toContain(state?.last.epoch);
      const { last, best } = state!;
      // A training's best of an odd epoch, and where the process was killed between the two files, it passes
      // for the one before.
      expect(best?.epoch).toBe(last.epoch - (1 - (last.epoch % 2)));
      for (const [kind, sign] of [
        ['parameters', 1],
        ['firstMoments', -1],
        ['secondMoments', 1],
      ] as const)
        for (const { data } of last[kind].values())
          expect(data.every((value) => value === sign * last.epoch)).toBe(true);
    }
    console.log(`killed ${kills} times, ${amidSaving} of them while a file was being written`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveCheckpoints } from '../../src/runs/checkpoint.js';
import type { TrialWeights } from '../../src/train/types.js';
import { trial } from '../train/trials.js';

/** The files that the project itself saves of a small trial: its best epoch, and its last. */
export function savedCheckpoints(): readonly Uint8Array[] {
  const directory = mkdtempSync(join(tmpdir(), 'wgsl-train-fuzz-'));
  try {
    const of = (epoch: number): TrialWeights['best'] => ({
      epoch,
      parameters: new Map([
        ['layer0.weight', { shape: [3, 2], data: Float32Array.of(epoch, -0, 1, 2, 3, 4) }],
        ['layer0.bias', { shape: [2], data: Float32Array.of(1e-42, 1) }],
      ]),
    });
    saveCheckpoints(
      directory,
      { trial: trial(), best: of(2), last: of(3) },
      {
        experiment: 1,
        dataset: { name: 'tiny', sha256: 'ab' },
        adapter: 'a test adapter',
        version: '0.0.0',
      },
    );
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.safetensors'))
      .sort()
      .map((name) => readFileSync(join(directory, name)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Finished runs made up on disk. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarise, type Circumstances, type Summary } from '../../../experiments/index.js';
import type { Overrides } from '../../../experiments/plan.js';
import type { ExperimentId } from '../../../experiments/types.js';
import { jsonText, runFiles } from '../../../runs/index.js';
import { outcome, type Measured } from '../../../experiments/testing/results.js';

export interface MadeRun {
  readonly experiment?: ExperimentId;
  readonly seeds?: number;
  readonly overrides?: Overrides;
  readonly circumstances?: Partial<Circumstances>;
  readonly measure?: (variant: string, seed: number) => Measured;
  /** What its weights depend on besides variant and seed. */
  readonly weights?: string;
}

/** Losses that differ from seed to seed and from variant to variant. */
export function plainly(variant: string, seed: number): Measured {
  const loss = 0.5 + 0.001 * variant.length + 0.02 * seed;
  return { losses: [0.9, loss, loss + 0.1], testAccuracy: 0.85 + 0.004 * seed, testLoss: loss - 0.05 };
}

export function madeSummary(made: MadeRun = {}): Summary {
  const { experiment = 2, seeds = 3, overrides = {}, measure = plainly, weights = '' } = made;
  const summary = summarise(outcome(experiment, seeds, measure, { overrides }), {
    adapter: { description: 'llvmpipe', software: true, subgroupSize: 8 },
    dataset: { sha256: 'cd'.repeat(32), notice: null },
    command: [],
    versions: { 'wgsl-train': '0.1.0', webgpu: '0.6.2', node: '20.0.0' },
    fused: true,
    tuning: null,
    conclusions: ['A conclusion.'],
    ...made.circumstances,
  });
  const own = (variant: Summary['variants'][number]): Summary['variants'][number] => ({
    ...variant,
    runs: variant.runs.map((run) => ({
      ...run,
      weightsSha256: createHash('sha256').update(`${weights} ${variant.name} ${run.seed}`).digest('hex'),
    })),
  });
  return { ...summary, variants: summary.variants.map(own), comparisons: summary.comparisons.map(own) };
}

/** Writes a run's summary.json. @returns its directory */
export function makeRun(directory: string, made: MadeRun = {}): string {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, runFiles.summary), jsonText(madeSummary(made)));
  return directory;
}

/** The work that faults are put into. */
import { createHash } from 'node:crypto';
import { openGpu, type Gpu } from '../index.js';
import type { PlanOptions, TrainOptions, Trial } from '../../train/index.js';
import { tinyDataset } from '../../train/testing/tiny-dataset.js';
import { train } from '../../train/testing/train.js';
import { outcome, trial } from '../../train/testing/trials.js';
import { arm } from './arm.js';
import type { Fault, Injection } from './faulty-webgpu.js';

/** Takes what a piece of work hands out before its end. */
export type Note = (what: string, value: unknown) => void;

/** A piece of work. @returns what came of it: the same whenever nothing goes wrong */
export type Work = (gpu: Gpu, note: Note) => Promise<unknown>;

const dataset = tinyDataset();

/**
 * Two trials side by side, with dropout and early stopping. Two steps per epoch, so that timing never changes
 * the submits.
 */
const config = { epochs: 2, dropout: 0.2, batchSize: 16, patience: 1 };
export const trials: readonly Trial[] = [trial(config, 0), trial(config, 1)];

export function training(options: TrainOptions & PlanOptions = {}): Work {
  return async (gpu, note) => {
    const results = await train(gpu, dataset, trials, {
      onEpoch: ({ epoch, trials: reports }) => {
        note(`epoch ${epoch}`, reports);
      },
      checkpointDue: () => true,
      onCheckpoint: (states) => {
        note('checkpoint', states);
      },
      onWeights: (weights) => {
        note(`weights of seed ${weights.trial.seed}`, [
          ...weights.best.parameters,
          ...weights.last.parameters,
        ]);
      },
      ...options,
    });
    return results.map(outcome);
  };
}

/** What a piece of work handed out on its way: what it was, and a digest of it. */
export interface Noted {
  readonly what: string;
  readonly sha256: string;
}

/** How work ended that a fault was put into. */
export interface End {
  readonly use: Injection;
  /** What the work gave; undefined if it threw. */
  readonly result: unknown;
  readonly error: unknown;
  /** Everything that was handed out, and what of it after the fault. */
  readonly noted: readonly Noted[];
  readonly afterwards: readonly Noted[];
  /** Labels of the buffers that were still held. */
  readonly leaked: readonly string[];
}

/** Opens a device, does the work with the fault in it, and closes the device. */
export async function run(fault: Fault | null, work: Work): Promise<End> {
  const use = arm(fault)[0]!;
  const noted: Noted[] = [];
  const afterwards: Noted[] = [];
  let gpu: Gpu | null = null;
  let result: unknown;
  let error: unknown;
  try {
    gpu = await openGpu();
    result = await work(gpu, (what, value) => {
      const sha256 = createHash('sha256').update(JSON.stringify(value)).digest('hex');
      noted.push({ what, sha256 });
      if (use.firedAt !== null) afterwards.push({ what, sha256 });
    });
  } catch (thrown) {
    error = thrown;
  }
  const leaked = gpu?.list().map(({ label }) => label) ?? [];
  gpu?.close();
  return { use, result, error, noted, afterwards, leaked };
}

/** A piece of work in which nothing goes wrong. */
export async function undisturbed(work: Work): Promise<End> {
  // Twice, because some things are done the first time only.
  const [first, second] = [await run(null, work), await run(null, work)];
  for (const { error } of [first, second]) if (error !== undefined) throw error as Error;
  return second;
}

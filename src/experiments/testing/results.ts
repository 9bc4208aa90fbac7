/** Results made up for tests of what is computed from results. */
import { planExperiment, type Overrides } from '../plan.js';
import { experimentById } from '../catalogue.js';
import type { Experiment, ExperimentId, Outcome, VariantOutcome } from '../types.js';
import type { Trial, TrialResult } from '../../train/types.js';

export const romaji = ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'];

/** What a made-up run measured; the rest is filled in plausibly. */
export interface Measured {
  /** Validation loss per epoch; its minimum is the best epoch. */
  readonly losses: readonly number[];
  readonly trainAccuracy?: number;
  readonly trainLoss?: number;
  readonly valAccuracy?: number;
  readonly testAccuracy?: number;
  readonly testLoss?: number;
  readonly seconds?: number;
  readonly confusion?: readonly (readonly number[])[];
}

/** A result of a trial. */
export function result(trial: Trial, measured: Measured): TrialResult {
  const { losses, trainAccuracy = 0.99, trainLoss = 0.05, valAccuracy = 0.87 } = measured;
  const validated = trial.config.validation > 0;
  const best = losses.indexOf(Math.min(...losses));
  const confusion = measured.confusion ?? diagonal(10, 200);
  return {
    trial,
    history: losses.map((loss, index) => ({
      epoch: index + 1,
      train: { loss: trainLoss, accuracy: trainAccuracy },
      validation: validated ? { loss, accuracy: valAccuracy } : null,
    })),
    stopped: losses.length < trial.config.epochs ? 'early' : 'completed',
    best: validated ? { epoch: best + 1, score: { loss: losses[best]!, accuracy: valAccuracy } } : null,
    test: { loss: measured.testLoss ?? 0.41, accuracy: measured.testAccuracy ?? 0.88 },
    confusion,
    perClassAccuracy: confusion.map(
      (row, index) => row[index]! / row.reduce((sum, count) => sum + count, 0) || null,
    ),
    seconds: measured.seconds ?? 10,
    stepsPerSecond: 300,
    weightsSha256: 'ab'.repeat(32),
    kernels: { training: ['layer0 dense_forward.tile'], evaluation: ['layer0 dense_forward.split'] },
  };
}

export function diagonal(classes: number, count: number): number[][] {
  return Array.from({ length: classes }, (_, row) =>
    Array.from({ length: classes }, (_, column) => (row === column ? count : 0)),
  );
}

/**
 * An outcome of an experiment.
 * @param measure what the run of a variant with a seed measured
 */
export function outcome(
  asked: ExperimentId | Experiment,
  seeds: number,
  measure: (variant: string, seed: number) => Measured,
  options: { readonly overrides?: Overrides; readonly dataset?: string } = {},
): Outcome {
  const plan = planExperiment(
    typeof asked === 'object' ? asked : experimentById(asked),
    options.overrides ?? {},
    Array.from({ length: seeds }, (_, seed) => seed),
  );
  const run = ({ name, config }: { name: string; config: Trial['config'] }): VariantOutcome => ({
    name,
    config,
    runs: plan.seeds.map((seed) => result({ variant: name, seed, config }, measure(name, seed))),
  });
  const validated = plan.variants[0]!.config.validation > 0;
  return {
    plan,
    data: {
      name: options.dataset ?? 'kmnist10k',
      classNames: romaji,
      inputs: 784,
      train: validated ? 6400 : 8000,
      validation: validated ? 1600 : null,
      test: 2000,
      input: null,
    },
    variants: plan.variants.map(run),
    comparisons: plan.comparisons.map(run),
    rounds: [],
    diverged: [],
    reused: 0,
  };
}

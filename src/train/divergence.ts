/** Trainings that leave the finite numbers: how that is noticed at the end of an epoch, and how it is told. */
import { EngineError } from '../base/errors.js';
import type { Place } from './finite-check.js';
import type { Sizes } from './setup.js';
import type { Trial, TrialResult } from './types.js';
import type { BatchMetrics, EpochReadback } from './workspace.js';

/** What the readback of an epoch says of a trial that has diverged in it. */
export interface Finding {
  /** Counted from 1; for the test set the epoch whose weights are tested. */
  readonly epoch: number;
  readonly part: 'start' | 'training' | 'validation' | 'test';
  /** The first step or batch of that part whose loss is not finite, from 0; null: there is none. */
  readonly batch: number | null;
  /** Where parameters and moments are not finite, at the start of the epoch or at its end. */
  readonly places: readonly Place[];
}

/**
 * The first sign of divergence in an epoch. What it began with comes first, then the losses of its steps, then what it ended with; finite
 * parameters can still be so large that an evaluation overflows.
 * @param index of the trial
 * @returns null if every number is finite
 */
export function findDivergence(
  readback: EpochReadback,
  index: number,
  { trainSteps, validationSteps }: Sizes,
  epoch: number,
): Finding | null {
  const atStart = readback.nonfiniteAtStart[index]!;
  if (atStart.length > 0) return { epoch, part: 'start', batch: null, places: atStart };
  const places = readback.nonfinite[index]!;
  const step = firstOverflow(readback.train[index]!.slice(0, trainSteps));
  if (step !== null || places.length > 0) return { epoch, part: 'training', batch: step, places };
  const batch = firstOverflow(readback.evaluation[index]!.slice(0, validationSteps));
  return batch === null ? null : { epoch, part: 'validation', batch, places };
}

/** The first batch whose loss is not finite; null if there is none. */
export function firstOverflow(metrics: readonly BatchMetrics[]): number | null {
  const batch = metrics.findIndex(({ loss }) => !Number.isFinite(loss));
  return batch < 0 ? null : batch;
}

/** A trial that has diverged: where its first number that is not finite stood. */
export interface Divergence {
  readonly trial: Trial;
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the epoch, counted from 1; 0: before its first step; null: beside the steps, on the validation or the test set. */
  readonly step: number | null;
  /** By its name in the graph, such as `gradient of layer1.weight`. */
  readonly tensor: string;
  /** Whether the same came out when it was gone through again. If not, the adapter or its memory is at fault. */
  readonly reproduced: boolean;
  /** `lr=5, seed 0, epoch 3, step 2 of 50`. */
  readonly place: string;
  readonly found: string;
  readonly remedy: string;
}

/**
 * Some trials of a training have diverged; the others went on to their end.
 *
 * `results` are in the order of the trials; null stands for those that have diverged, which `divergences` tells of.
 */
export class DivergedError extends EngineError {
  readonly divergences: readonly Divergence[];
  readonly results: readonly (TrialResult | null)[];

  constructor(divergences: readonly Divergence[], results: readonly (TrialResult | null)[]) {
    const [first] = divergences;
    const several = `${divergences.length} of ${results.length} trainings diverged`;
    super('diverged', divergences.length === 1 ? `training diverged: ${first!.place}` : several, {
      found: divergences.length === 1 ? first!.found : divergences.map(sentenceOf).join('; '),
      expected: 'finite losses, gradients and parameters',
      remedy: [...new Set(divergences.map(({ remedy }) => remedy))].join('; '),
    });
    this.name = 'DivergedError';
    this.divergences = divergences;
    this.results = results;
  }

  /** Several on a line each. */
  override describe(): string {
    if (this.divergences.length === 1) return super.describe();
    const lines = this.divergences.map((divergence) => `  ${sentenceOf(divergence)}`);
    return [this.message, ...lines, `  remedy:   ${this.remedy}`].join('\n');
  }
}

/** One divergence in a sentence without its full stop: where, and what. */
export function sentenceOf({ place, found }: Pick<Divergence, 'place' | 'found'>): string {
  return `${place}: ${found}`;
}

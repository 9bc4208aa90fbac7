/** How a training ends in which trials diverged. */
import { EngineError } from '../base/errors.js';
import type { Trial, TrialResult } from './types.js';

/** A trial that has diverged: where its first number that is not finite stood. */
export interface Divergence {
  readonly trial: Trial;
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the epoch, from 1; 0: before its first step; null: on the validation or the test set. */
  readonly step: number | null;
  /** By its name in the graph, such as `gradient of layer1.weight`. */
  readonly tensor: string;
  /** Whether it was the same when replayed. If not, the adapter or its memory is at fault. */
  readonly reproduced: boolean;
  /** `lr=5, seed 0, epoch 3, step 2 of 50`. */
  readonly place: string;
  readonly found: string;
  readonly remedy: string;
}

/** Some trials of a training diverged: they have null in `results`, in the order of the trials. */
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

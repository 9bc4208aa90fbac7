/**
 * Successive halving (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
 * Optimization", 2016): all variants are trained for a small number of epochs, the best part of them is
 * trained on from where it stands for `factor` times as many, and so on; few are trained to their end.
 */
import { EngineError } from '../base/errors.js';
import type { Trial, TrialResult } from '../train/types.js';
import type { HalvingRound, PlannedExperiment, Trained, Variant } from './types.js';

/**
 * How many epochs each round trains to, and how many variants are kept after it: one in `factor`, rounded up;
 * after the last one, all that it trained.
 */
export function roundsOf(
  variants: number,
  epochs: number,
  factor: number,
): { readonly epochs: number; readonly kept: number }[] {
  const counts = [variants];
  while (counts.at(-1)! >= factor) counts.push(Math.ceil(counts.at(-1)! / factor));
  const last = counts.length - 1;
  const planned = counts.map((count, round) => ({
    epochs: Math.max(1, Math.round(epochs / factor ** (last - round))),
    kept: counts[round + 1] ?? count,
  }));
  // With few epochs, rounds of equally many are one, which keeps what the last of them would.
  return planned.filter((round, i) => i === last || round.epochs < planned[i + 1]!.epochs);
}

/** @throws EngineError `usage` where halving has nothing to go by */
export function requireHalvable({ variants, experiment: { halving } }: PlannedExperiment): void {
  if (halving === null) return;
  const refuse = (found: string, expected: string, remedy: string): never => {
    throw new EngineError('usage', 'successive halving cannot choose here', { found, expected, remedy });
  };
  const { validation, epochs } = variants[0]!.config;
  if (variants.some(({ config }) => config.validation === 0))
    refuse(`validation ${validation}`, 'a validation set to choose by', 'use --validation 0.2');
  if (variants.some(({ config }) => config.epochs !== epochs))
    refuse('variants of different epochs', 'the same epochs for all', 'leave epochs out of the sweep');
  if (variants.length < halving)
    refuse(
      `${variants.length} variants`,
      `at least ${halving}, of which it keeps one`,
      'sweep over more values, or leave out --halving',
    );
}

/**
 * Trains a plan by successive halving; comparisons are trained to their end, beside the last round.
 * @param train trains trials from where they stand until an epoch (null: to their end)
 */
export async function trainByHalving(
  { variants, comparisons, seeds, experiment }: PlannedExperiment,
  train: (trials: readonly Trial[], until: number | null) => Promise<Trained>,
): Promise<Trained & { readonly rounds: readonly HalvingRound[] }> {
  const planned = roundsOf(variants.length, variants[0]!.config.epochs, experiment.halving!);
  const trialsOf = (of: readonly Variant[]): Trial[] =>
    of.flatMap(({ name, config }) => seeds.map((seed) => ({ variant: name, seed, config })));
  const results = new Map<string, TrialResult>();
  const rounds: HalvingRound[] = [];
  let diverged: Trained['diverged'] = [];
  let error: Trained['error'] = null;
  let left = variants;
  for (const [i, { epochs, kept: most }] of planned.entries()) {
    const isLast = i === planned.length - 1;
    const trained = await train(trialsOf(isLast ? [...left, ...comparisons] : left), isLast ? null : epochs);
    for (const result of trained.results) results.set(keyOf(result.trial), result);
    diverged = [...diverged, ...trained.diverged];
    error = trained.error ?? error;
    const ranking = rank(left, seeds, epochs, { results, diverged: trained.diverged });
    const sound = ranking.filter(({ valLoss }) => valLoss !== null).length;
    const kept = isLast ? ranking.length : Math.min(sound, most);
    rounds.push({ epochs, ranking, kept });
    const names = ranking.slice(0, kept).map(({ variant }) => variant);
    left = left.filter(({ name }) => names.includes(name));
    if (left.length === 0) break;
  }
  return { results: [...results.values()], diverged, error, rounds };
}

/** By what the first `epochs` gave: trials of a run that was resumed may have come further. */
function rank(
  variants: readonly Variant[],
  seeds: readonly number[],
  epochs: number,
  { results, diverged }: { readonly results: ReadonlyMap<string, TrialResult> } & Pick<Trained, 'diverged'>,
): HalvingRound['ranking'] {
  const lossOf = ({ name: variant }: Variant): number | null => {
    if (diverged.some(({ trial }) => trial.variant === variant)) return null;
    const losses = seeds.map((seed) => {
      const { history } = results.get(keyOf({ variant, seed }))!;
      return Math.min(...history.slice(0, epochs).map(({ validation }) => validation!.loss));
    });
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  };
  return variants
    .map((variant) => ({ variant: variant.name, valLoss: lossOf(variant) }))
    .sort((a, b) => (a.valLoss ?? Infinity) - (b.valLoss ?? Infinity) || 0);
}

function keyOf({ variant, seed }: Pick<Trial, 'variant' | 'seed'>): string {
  return `${seed} ${variant}`;
}

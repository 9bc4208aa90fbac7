/**
 * What a sweep of one's own shows, computed from its results: what matters, and what cannot be told apart.
 */
import { holm, pairedDifference, tailT } from '../base/statistics.js';
import { settings, settingText, type SettingKey } from '../train/settings.js';
import { isRange, type Axis } from './points.js';
import { measures, ranked } from './measures.js';
import type { Outcome, VariantOutcome } from './types.js';

export interface SweepAnalysis {
  /**
   * The best first: by how many rounds of halving a variant took part in, then by its best validation loss.
   * Variants that lack a seed come last.
   */
  readonly ranking: readonly VariantOutcome[];
  /** How many of them, from the first on, came to their end with every seed: these are compared. */
  readonly compared: number;
  /**
   * Those of them whose best validation loss cannot be told from that of the first: paired t tests by seed,
   * two-sided at 5 %, with Holm's correction for the number of comparisons. All of them, if there is one
   * seed.
   */
  readonly notToldApart: readonly VariantOutcome[];
  readonly importance: readonly Importance[];
}

/** How much of the spread between variants one setting explains. */
export interface Importance {
  /** As on the command line. */
  readonly setting: string;
  /**
   * Share of the variance of the logarithm of the validation loss, 0 to 1, adjusted for the number of groups
   * or coefficients; null: too few variants to say.
   */
  readonly share: number | null;
}

/** @param outcome with a validation set */
export function analyse(outcome: Outcome): SweepAnalysis {
  const { plan, rounds, variants } = outcome;
  const isWhole = ({ runs }: VariantOutcome): boolean => runs.length === plan.seeds.length;
  const roundsWith = ({ name }: VariantOutcome): number =>
    rounds.filter(({ ranking }) => ranking.some(({ variant }) => variant === name)).length;
  const places = new Map(variants.map((each) => [each, isWhole(each) ? roundsWith(each) : -1]));
  const ranking = ranked(variants).sort((a, b) => places.get(b)! - places.get(a)!);
  const compared = ranking.filter((each) => places.get(each) === rounds.length).length;
  return {
    ranking,
    compared,
    notToldApart: notToldApart(ranking.slice(0, compared)),
    importance: importanceOf(outcome),
  };
}

function notToldApart([first, ...others]: readonly VariantOutcome[]): VariantOutcome[] {
  const losses = ({ runs }: VariantOutcome): number[] => runs.map(measures.bestValidationLoss);
  if (first === undefined || first.runs.length < 2) return others;
  const chances = others.map((other) => {
    const { n, t } = pairedDifference(losses(other), losses(first));
    return tailT(Math.abs(t!), n - 1);
  });
  const isShown = holm(chances, 0.05);
  return others.filter((_, i) => !isShown[i]);
}

/**
 * Variants are compared after equally many epochs: with halving, after those of the first round. Values of a
 * list are groups; of a range, a parabola is fitted to its numbers (to their logarithms where it has those).
 */
function importanceOf({ plan, rounds, variants }: Outcome): Importance[] {
  const { sweep, swept } = plan.experiment;
  const early = new Map(rounds[0]?.ranking.map(({ variant, valLoss }) => [variant, valLoss]));
  const points = variants.flatMap(({ name, config, runs }) => {
    const mean = runs.reduce((sum, run) => sum + measures.bestValidationLoss(run), 0) / runs.length;
    const loss = rounds.length > 0 ? (early.get(name) ?? null) : mean;
    const isWhole = runs.length === plan.seeds.length && loss !== null && loss > 0;
    return isWhole ? [{ config, y: Math.log(loss) }] : [];
  });
  return swept.map((key: SettingKey): Importance => {
    const axis: Axis = sweep[key]!;
    const name = settings[key].name;
    const ys = points.map(({ y }) => y);
    if (!isRange(axis)) {
      const groups = points.map(({ config }) => settingText(config, key));
      return { setting: name, share: explainedByGroups(groups, ys) };
    }
    const xs = points.map(({ config }) => Number(config[key]));
    return { setting: name, share: explainedByParabola(axis.log ? xs.map(Math.log) : xs, ys) };
  });
}

/** 1 - (SSE / (n - p)) / (SST / (n - 1)), at least 0; null where nothing is left to judge by. */
function adjusted(ys: readonly number[], fitted: readonly number[], parameters: number): number | null {
  const n = ys.length;
  const mean = ys.reduce((sum, y) => sum + y, 0) / n;
  const total = ys.reduce((sum, y) => sum + (y - mean) ** 2, 0);
  const error = ys.reduce((sum, y, i) => sum + (y - fitted[i]!) ** 2, 0);
  if (n <= parameters || parameters < 2 || total === 0) return null;
  return Math.max(0, 1 - error / (n - parameters) / (total / (n - 1)));
}

function explainedByGroups(groups: readonly string[], ys: readonly number[]): number | null {
  const means = new Map(
    [...new Set(groups)].map((group) => {
      const own = ys.filter((_, i) => groups[i] === group);
      return [group, own.reduce((sum, y) => sum + y, 0) / own.length];
    }),
  );
  return adjusted(
    ys,
    groups.map((group) => means.get(group)!),
    means.size,
  );
}

/** Least squares over 1, x, x^2, with x brought to mean 0 and spread 1: orthogonalised one after another. */
function explainedByParabola(xs: readonly number[], ys: readonly number[]): number | null {
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, each, i) => sum + each * b[i]!, 0);
  const basis: number[][] = [];
  const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const spread = Math.sqrt(dot(xs, xs) / xs.length - mean ** 2) || 1;
  for (const power of [0, 1, 2]) {
    let column = xs.map((x) => ((x - mean) / spread) ** power);
    for (const earlier of basis) {
      const share = dot(column, earlier);
      column = column.map((each, i) => each - share * earlier[i]!);
    }
    const length = Math.sqrt(dot(column, column));
    if (length > 1e-9) basis.push(column.map((each) => each / length));
  }
  const shares = basis.map((column) => dot(column, ys));
  const fitted = xs.map((_, i) => basis.reduce((sum, column, k) => sum + shares[k]! * column[i]!, 0));
  return adjusted(ys, fitted, basis.length);
}

/** Lines of metrics.jsonl as the variants that charts draw. */
import type { OneRun } from '../../report/page/types.js';
import { shownVariants, type ShownVariant } from '../../report/page/variants.js';
import type { MetricsRow } from '../../runs/index.js';

/** A chart of more lines than this shows nothing. */
export const mostVariants = 24;

type CurvesOfRun = Pick<OneRun, 'seed' | 'epochs' | 'stopped' | 'best' | 'last' | 'history'>;

/** What is known of a variant so far. */
export interface Progress {
  readonly name: string;
  readonly runs: readonly CurvesOfRun[];
}

/** Variants in the order in which they began, each with its seeds. */
export function progressOf(rows: readonly MetricsRow[]): Progress[] {
  const variants = new Map<string, Map<number, MetricsRow[]>>();
  for (const row of rows) {
    const seeds = variants.get(row.variant) ?? new Map<number, MetricsRow[]>();
    variants.set(row.variant, seeds);
    const before = seeds.get(row.seed) ?? [];
    seeds.set(row.seed, before);
    // A curve counts its epochs by their places.
    if (row.epoch === before.length + 1) before.push(row);
  }
  return Array.from(variants, ([name, seeds]) => ({
    name,
    runs: Array.from(seeds.values())
      .filter((epochs) => epochs.length > 0)
      .map(runOf),
  })).filter(({ runs }) => runs.length > 0);
}

/** @param rows of one seed, epoch by epoch */
function runOf(rows: readonly MetricsRow[]): CurvesOfRun {
  const isValidated = rows.every(({ valLoss }) => valLoss !== null);
  const best = isValidated ? lowest(rows) : null;
  const { trainLoss, trainAccuracy, valLoss, valAccuracy } = rows.at(-1)!;
  return {
    seed: rows[0]!.seed,
    epochs: rows.length,
    // Whether a seed has stopped early is not in its metrics.
    stopped: 'completed',
    best,
    last: { trainLoss, trainAccuracy, valLoss, valAccuracy },
    history: {
      trainLoss: rows.map((row) => row.trainLoss),
      trainAccuracy: rows.map((row) => row.trainAccuracy),
      valLoss: isValidated ? rows.map((row) => row.valLoss) : null,
      valAccuracy: isValidated ? rows.map((row) => row.valAccuracy) : null,
    },
  };
}

function lowest(rows: readonly MetricsRow[]): CurvesOfRun['best'] {
  const row = rows.reduce((low, each) => (each.valLoss! < low.valLoss! ? each : low));
  return { epoch: row.epoch, valLoss: row.valLoss!, valAccuracy: row.valAccuracy ?? 0 };
}

/**
 * As the overlay of a report takes them: it looks at no more of a run than its curves.
 * @param comparisons names of those that come last, in brackets
 */
export function chartVariants(progress: readonly Progress[], comparisons: readonly string[]): ShownVariant[] {
  const isBeside = ({ name }: Progress): boolean => comparisons.includes(name);
  const records = (some: readonly Progress[]): ShownVariant['record'][] =>
    some.map((each) => each as ShownVariant['record']);
  return shownVariants({
    variants: records(progress.filter((each) => !isBeside(each))),
    comparisons: records(progress.filter(isBeside)),
  }).slice(0, mostVariants);
}

/** summary.json, schema 1: the record of an experiment that checks and reports outside the engine rely on. */
import { assert } from '../base/errors.js';
import type { Score, TrialResult } from '../train/types.js';
import { divergenceRecord, selected } from './conclude.js';
import { analyse } from './analysis.js';
import { settings } from '../train/settings.js';
import { lastEpoch, over, type Measure } from './measures.js';
import type { Outcome, VariantOutcome } from './types.js';

/** Where and how an experiment ran. */
export interface Circumstances {
  readonly adapter: {
    readonly description: string;
    readonly software: boolean;
    /** Lanes, if the adapter has subgroups of one fixed size; the rules that choose kernels go by it. */
    readonly subgroupSize: number | null;
  };
  readonly dataset: { readonly sha256: string; readonly notice: string | null };
  readonly command: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  /** Whether kernels were fused; both ways agree within the kernels' error bounds, not bit by bit. */
  readonly fused: boolean;
  /** The tuning file whose choices of kernel variants came before the rules. */
  readonly tuning: { readonly file: string; readonly sha256: string } | null;
  readonly conclusions: readonly string[];
  /** Adapters that took part before `adapter`, where another one went on under `--mixed`. */
  readonly mixed?: readonly string[];
}

export type RunRecord = ReturnType<typeof runRecord>;
export type Summary = ReturnType<typeof summarise>;

/**
 * The summary of an experiment. Accuracies are fractions, losses are means over samples in nats, times are
 * seconds; what does not apply is null.
 * @throws EngineError `bug` if a figure is not finite: a corrupted result must never be written
 */
export function summarise(outcome: Outcome, circumstances: Circumstances) {
  const { plan, data, variants, comparisons, diverged } = outcome;
  const { adapter, dataset, ...rest } = circumstances;
  const { name, train, validation, test, input } = data;
  const { variant, run, reason } = selected(outcome);
  const summary = {
    schema: 1,
    experiment: plan.experiment.id,
    title: plan.experiment.title,
    dataset: { name, train, validation, test, input, ...dataset },
    adapter,
    variants: variants.map(variantRecord),
    comparisons: comparisons.map(variantRecord),
    diverged: diverged.map(divergenceRecord),
    selected: {
      variant: variant.name,
      seed: run.trial.seed,
      reason,
      test: score(run.test),
      classNames: data.classNames,
      confusion: run.confusion,
      perClassAccuracy: run.perClassAccuracy,
    },
    notes: plan.notes,
    ...(plan.experiment.id === 'sweep' && { sweep: sweepRecord(outcome) }),
    ...rest,
  } as const;
  assertFinite(summary, 'summary');
  return summary;
}

/** What a sweep of one's own adds: what was swept, what halving kept, and what the results show. */
function sweepRecord(outcome: Outcome) {
  const { plan, rounds } = outcome;
  const { asks, swept, sample, halving } = plan.experiment;
  const isValidated = plan.variants[0]!.config.validation > 0;
  const { ranking, compared, notToldApart, importance } = isValidated
    ? analyse(outcome)
    : { ranking: outcome.variants, compared: 0, notToldApart: [], importance: [] };
  const names = (variants: readonly VariantOutcome[]): string[] => variants.map(({ name }) => name);
  return {
    question: asks,
    settings: swept.map((key) => settings[key].name),
    sample,
    halving: halving === null ? null : { factor: halving, rounds },
    ranking: names(ranking),
    compared,
    notToldApart: names(notToldApart),
    importance,
  };
}

function variantRecord(variant: VariantOutcome) {
  return {
    name: variant.name,
    config: variant.config,
    // Seeds of a variant have the same shapes, and so the same kernels.
    kernels: variant.runs[0]!.kernels,
    runs: variant.runs.map(runRecord),
    overSeeds: {
      epochs: spreadOf(variant, 'epochs'),
      bestValLoss: spreadOf(variant, 'bestValidationLoss'),
      bestValAccuracy: spreadOf(variant, 'bestValidationAccuracy'),
      trainAccuracy: spreadOf(variant, 'lastTrainAccuracy'),
      testLoss: spreadOf(variant, 'testLoss'),
      testAccuracy: spreadOf(variant, 'testAccuracy'),
    },
  };
}

/** One run as it stands in summary.json and in the `result` lines of --json. */
export function runRecord(run: TrialResult) {
  const { train, validation } = lastEpoch(run);
  const { history, best } = run;
  return {
    seed: run.trial.seed,
    epochs: history.length,
    stopped: run.stopped,
    best: best && { epoch: best.epoch, valLoss: best.score.loss, valAccuracy: best.score.accuracy },
    last: {
      trainLoss: train.loss,
      trainAccuracy: train.accuracy,
      valLoss: validation?.loss ?? null,
      valAccuracy: validation?.accuracy ?? null,
    },
    test: score(run.test),
    seconds: run.seconds,
    stepsPerSecond: run.stepsPerSecond,
    weightsSha256: run.weightsSha256,
    ...(run.adapter !== undefined && { adapter: run.adapter }),
    history: {
      trainLoss: history.map((epoch) => epoch.train.loss),
      trainAccuracy: history.map((epoch) => epoch.train.accuracy),
      valLoss: validation && history.map((epoch) => epoch.validation?.loss ?? null),
      valAccuracy: validation && history.map((epoch) => epoch.validation?.accuracy ?? null),
    },
  };
}

function spreadOf(variant: VariantOutcome, measure: Measure): { mean: number; sd: number | null } | null {
  const { mean, sd } = over(variant, measure);
  return Number.isNaN(mean) ? null : { mean, sd };
}

function score({ loss, accuracy }: Score): Score {
  return { loss, accuracy };
}

function assertFinite(value: unknown, path: string): void {
  if (typeof value === 'number') assert(Number.isFinite(value), `${path} is ${value}: nothing was written`);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) assertFinite(part, `${path}.${key}`);
}

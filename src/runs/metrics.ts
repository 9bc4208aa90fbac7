/** One line per trial and epoch, for spreadsheets (CSV, RFC 4180) and programs (JSON lines). */
import { nothingSeen, watch } from '../train/early-stopping.js';
import { groupTrials } from '../train/grouping.js';
import type { TrialState } from '../train/state.js';
import type { EpochRecord, EpochReport, Trial } from '../train/types.js';

/** One epoch of one trial. Losses in nats, accuracies as fractions; null where a figure does not apply. */
export interface MetricsRow {
  readonly variant: string;
  readonly seed: number;
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly valLoss: number | null;
  readonly valAccuracy: number | null;
  /** Whether the validation loss was the lowest so far. */
  readonly improved: boolean;
  /** Seconds since the training of its group began; null for a run taken over from another experiment. */
  readonly seconds: number | null;
}

const columns = [
  'variant',
  'seed',
  'epoch',
  'trainLoss',
  'trainAccuracy',
  'valLoss',
  'valAccuracy',
  'improved',
  'seconds',
] as const satisfies readonly (keyof MetricsRow)[];

export const metricsHeader = `${columns.join(',')}\n`;

export function metricsRow(
  { variant, seed }: Pick<Trial, 'variant' | 'seed'>,
  { epoch, train, validation }: EpochRecord,
  improved: boolean,
  seconds: number | null,
): MetricsRow {
  return {
    variant,
    seed,
    epoch,
    trainLoss: train.loss,
    trainAccuracy: train.accuracy,
    valLoss: validation?.loss ?? null,
    valAccuracy: validation?.accuracy ?? null,
    improved,
    seconds,
  };
}

export function rowsOf({ trials, seconds }: EpochReport): MetricsRow[] {
  return trials.map(({ trial, record, improved }) => metricsRow(trial, record, improved, seconds));
}

/**
 * The rows of everything that these states have behind them, in the order in which a training writes them:
 * trials that train side by side take turns, epoch by epoch; those that were taken over from another run come
 * last, without times.
 */
export function rowsOfStates(states: readonly TrialState[]): MetricsRow[] {
  const byTrial = new Map(states.map((state) => [state.trial, state]));
  const isOwn = ({ epochSeconds, history }: TrialState): boolean => epochSeconds.length === history.length;
  const own = groupTrials(states.filter(isOwn).map(({ trial }) => trial)).map(({ trials }) => trials);
  const others = states.filter((state) => !isOwn(state)).map(({ trial }) => [trial]);
  return [...own, ...others].flatMap((trials) => {
    const rows = trials.map((trial) => rowsOfState(byTrial.get(trial)!));
    const longest = Math.max(...rows.map(({ length }) => length));
    return Array.from({ length: longest }, (_, i) => rows.flatMap((each) => each[i] ?? [])).flat();
  });
}

function rowsOfState({ trial, history, epochSeconds }: TrialState): MetricsRow[] {
  let seen = nothingSeen;
  return history.map((record, i) => {
    if (record.validation !== null) seen = watch(seen, record.epoch, record.validation);
    const improved = record.validation !== null && seen.waited === 0;
    return metricsRow(trial, record, improved, epochSeconds[i] ?? null);
  });
}

export function csvLine(row: MetricsRow): string {
  return `${columns.map((column) => csvField(row[column])).join(',')}\n`;
}

function csvField(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line per trial and epoch, for spreadsheets (CSV, RFC 4180) and programs (JSON lines). */
import * as v from 'valibot';
import { check, finite, record, whole } from '../base/schema.js';
import { nothingSeen, watch } from '../train/trial-run.js';
import { groupTrials } from '../train/grouping.js';
import type { EpochRecord, EpochReport, Trial, TrialState } from '../train/types.js';

/** The columns in their order. Losses in nats, accuracies as fractions; null where it does not apply. */
const columns = {
  variant: v.pipe(v.string(), v.maxLength(500)),
  seed: whole(Number.MIN_SAFE_INTEGER),
  epoch: whole(1),
  trainLoss: finite(),
  trainAccuracy: finite(),
  valLoss: v.nullable(finite()),
  valAccuracy: v.nullable(finite()),
  /** Whether the validation loss was the lowest so far. */
  improved: v.boolean(),
  /** Seconds since the training of its group began; null for a run taken over from another experiment. */
  seconds: v.nullable(finite()),
};
const columnNames = Object.keys(columns) as (keyof typeof columns)[];
const rowSchema = record(columns);

export type MetricsRow = Readonly<v.InferOutput<typeof rowSchema>>;

/** A line of metrics.jsonl; null if it is not what a run writes. */
export function parseMetricsRow(line: string): MetricsRow | null {
  try {
    return check(rowSchema, JSON.parse(line)).value;
  } catch {
    return null;
  }
}

export const metricsHeader = `${columnNames.join(',')}\n`;

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

/** The epochs that a trial has behind it, and the seconds of training at the end of each, where known. */
export type TrialPast = Pick<TrialState, 'trial' | 'history' | 'epochSeconds'>;

/**
 * The rows of everything that these states have behind them, in the order in which a training writes them:
 * trials that train side by side take turns, epoch by epoch; those that were taken over from another run come
 * last, without times.
 */
export function rowsOfStates(states: readonly TrialPast[]): MetricsRow[] {
  const byTrial = new Map(states.map((state) => [state.trial, state]));
  const isOwn = ({ epochSeconds, history }: TrialPast): boolean => epochSeconds.length === history.length;
  const own = groupTrials(states.filter(isOwn).map(({ trial }) => trial)).map(({ trials }) => trials);
  const others = states.filter((state) => !isOwn(state)).map(({ trial }) => [trial]);
  return [...own, ...others].flatMap((trials) => {
    const rows = trials.map((trial) => rowsOfState(byTrial.get(trial)!));
    const longest = Math.max(...rows.map(({ length }) => length));
    return Array.from({ length: longest }, (_, i) => rows.flatMap((each) => each[i] ?? [])).flat();
  });
}

function rowsOfState({ trial, history, epochSeconds }: TrialPast): MetricsRow[] {
  let seen = nothingSeen;
  return history.map((record, i) => {
    if (record.validation !== null) seen = watch(seen, record.epoch, record.validation);
    const improved = record.validation !== null && seen.waited === 0;
    return metricsRow(trial, record, improved, epochSeconds[i] ?? null);
  });
}

/** The epochs of trials as a metrics.jsonl tells them; lines that are none are left out. */
export function pastsOf(lines: string, trials: readonly Trial[]): TrialPast[] {
  const byTrial = new Map<string, MetricsRow[]>();
  for (const line of lines.split('\n')) {
    const row = line === '' ? null : parseMetricsRow(line);
    if (row === null) continue;
    const key = JSON.stringify([row.variant, row.seed]);
    const rows = byTrial.get(key);
    if (rows === undefined) byTrial.set(key, [row]);
    else rows.push(row);
  }
  return trials.map((trial) => {
    const rows = byTrial.get(JSON.stringify([trial.variant, trial.seed])) ?? [];
    const history = rows.map((row): EpochRecord => ({
      epoch: row.epoch,
      train: { loss: row.trainLoss, accuracy: row.trainAccuracy },
      validation:
        row.valLoss === null || row.valAccuracy === null
          ? null
          : { loss: row.valLoss, accuracy: row.valAccuracy },
    }));
    return { trial, history, epochSeconds: rows.flatMap(({ seconds }) => seconds ?? []) };
  });
}

export function csvLine(row: MetricsRow): string {
  return `${columnNames.map((column) => csvField(row[column])).join(',')}\n`;
}

function csvField(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

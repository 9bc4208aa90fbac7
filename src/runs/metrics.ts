/** One line per trial and epoch, for spreadsheets (CSV, RFC 4180) and programs (JSON lines). */
import type { EpochRecord, EpochReport, Trial } from '../train/types.js';

/** What is known of one epoch of one trial. Losses in nats, accuracies as fractions; null where it does not apply. */
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

export function csvLine(row: MetricsRow): string {
  return `${columns.map((column) => csvField(row[column])).join(',')}\n`;
}

function csvField(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Writes the directory of a run while it trains. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { trainingKey, type Outcome } from '../experiments/index.js';
import type { EpochReport, Trial, TrialWeights } from '../train/types.js';
import { parseCheckpoint, saveCheckpoints, type Facts } from './checkpoint.js';
import { makeRunDirectory, pointLatest } from './directory.js';
import { jsonText } from './json-text.js';
import { runFiles, trialFolder } from './layout.js';
import { csvLine, metricsHeader, metricsRow, rowsOf, type MetricsRow } from './metrics.js';
import { replaceFile } from './replace-file.js';
import { TensorBoardLog } from './tensorboard.js';

/** Where the weights of trainings lie, by `trainingKey` and seed: later experiments of a series take them over. */
export type WeightsPlaces = Map<string, string>;

export interface RunStart {
  readonly directory: string;
  readonly config: unknown;
  readonly environment: unknown;
  readonly facts: Facts;
  /** Whether a run that is in the directory may be replaced. */
  readonly overwrite: boolean;
  /** Whether TensorBoard gets event files; false if left out. */
  readonly tensorboard?: boolean;
}

/** A run that is being written. Its directory is made when the first epoch is done; its summary.json comes last. */
export class RunRecorder {
  /** Folders of the trials whose weights it has. */
  private readonly recorded = new Set<string>();
  private readonly tensorboard: TensorBoardLog | null;
  private isOpen = false;

  /**
   * @param places shared by the experiments of a series
   * @param series the recorder of the series that this experiment belongs to
   */
  constructor(
    private readonly start: RunStart,
    private readonly places: WeightsPlaces = new Map(),
    private readonly series: RunRecorder | null = null,
  ) {
    this.tensorboard = start.tensorboard === true ? new TensorBoardLog(start.directory) : null;
  }

  /** Until here nothing is touched. @throws EngineError `usage` if the directory holds a run that may not be replaced */
  private open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.series?.open();
    const { directory, overwrite, config, environment } = this.start;
    makeRunDirectory(directory, overwrite);
    this.put(runFiles.config, config);
    this.put(runFiles.environment, environment);
    this.put(runFiles.running, { pid: process.pid, started: new Date().toISOString() });
    pointLatest(directory);
  }

  /** Appends the metrics of an epoch. */
  epoch(report: EpochReport): void {
    this.append(rowsOf(report));
  }

  /** Saves the weights of a trial that is done. */
  weights(weights: TrialWeights): void {
    this.open();
    saveCheckpoints(this.start.directory, weights, this.start.facts);
    this.places.set(keyOf(weights.trial), this.folderOf(weights.trial));
    this.recorded.add(trialFolder(weights.trial.variant, weights.trial.seed));
  }

  /** Takes in what an experiment did not train itself, because an earlier one of its series had: metrics and weights. */
  takeOver({ variants, comparisons }: Outcome): void {
    for (const { trial, history } of [...variants, ...comparisons].flatMap(({ runs }) => runs)) {
      const place = this.places.get(keyOf(trial));
      const isRecorded = this.recorded.has(trialFolder(trial.variant, trial.seed));
      if (isRecorded || place === undefined) continue;
      let lowest = Infinity;
      this.append(
        history.map((record) => {
          const loss = record.validation?.loss ?? Infinity;
          const improved = loss < lowest;
          lowest = Math.min(lowest, loss);
          return metricsRow(trial, record, improved, null);
        }),
      );
      const read = (name: string): TrialWeights['best'] | null => {
        const path = join(place, `${name}.safetensors`);
        return existsSync(path) ? parseCheckpoint(readFileSync(path), path) : null;
      };
      const best = read('best');
      if (best !== null) this.weights({ trial, best, last: read('last') ?? best });
    }
  }

  /** Writes the results, which end the run. @returns the path of summary.json */
  finish(summary: unknown): string {
    this.open();
    const path = this.put(runFiles.summary, summary);
    this.close();
    return path;
  }

  /**
   * Writes the page of the run, and its charts beside it.
   * @param charts file name -> SVG
   * @returns the path of report.html
   */
  report(html: string, charts: ReadonlyMap<string, string>): string {
    const { directory } = this.start;
    const folder = join(directory, runFiles.charts);
    mkdirSync(folder, { recursive: true });
    for (const [name, svg] of charts) replaceFile(join(folder, name), svg);
    const path = join(directory, runFiles.report);
    replaceFile(path, html);
    return path;
  }

  /** Says that nobody is at work on it any more; without a summary, it did not finish. */
  close(): void {
    rmSync(join(this.start.directory, runFiles.running), { force: true });
  }

  private put(name: string, value: unknown): string {
    const path = join(this.start.directory, name);
    replaceFile(path, jsonText(value));
    return path;
  }

  private append(rows: readonly MetricsRow[]): void {
    this.open();
    const { directory } = this.start;
    const csv = join(directory, runFiles.metricsCsv);
    if (!existsSync(csv)) writeFileSync(csv, metricsHeader);
    appendFileSync(csv, rows.map(csvLine).join(''));
    const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    appendFileSync(join(directory, runFiles.metricsJsonl), lines);
    this.tensorboard?.append(rows);
  }

  private folderOf(trial: Trial): string {
    return join(this.start.directory, runFiles.checkpoints, trialFolder(trial.variant, trial.seed));
  }
}

function keyOf({ config, seed }: Pick<Trial, 'config' | 'seed'>): string {
  return `${seed} ${trainingKey(config)}`;
}

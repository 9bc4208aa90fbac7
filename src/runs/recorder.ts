/** Writes the directory of a run while it trains. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { openRecord } from '../base/schema.js';
import { resultKey, type Outcome } from '../experiments/index.js';
import { tryReadJsonFile } from '../platform/json-file.js';
import type { EpochReport, Trial, TrialState } from '../train/types.js';
import { appendFile, jsonText, makeDirectory, replaceFile } from './replace-file.js';
import { CheckpointPace, readState, saveState } from './states.js';
import { requireSameFacts, type Facts } from './checkpoint.js';
import { makeRunDirectory, pointLatest } from './directory.js';
import { runFiles, trialFolder } from './layout.js';
import { csvLine, metricsHeader, rowsOf, rowsOfStates, type MetricsRow } from './metrics.js';
import { removeStaleTemporaries } from './process.js';
import type { TensorBoardLog } from './tensorboard.js';

/** Where checkpoints lie, by `resultKey`: later experiments of a series take them over. */
export type WeightsPlaces = Map<string, { readonly directory: string; readonly trial: Trial }>;

export interface RunStart {
  readonly directory: string;
  readonly config: unknown;
  readonly environment: unknown;
  readonly facts: Facts;
  readonly overwrite: boolean;
  /** Whether this resumes the run in the directory; false if left out. */
  readonly resume?: boolean;
  /** What writes event files for TensorBoard; none are written if left out. */
  readonly tensorboard?: TensorBoardLog | null;
  readonly checkpointSeconds?: number;
}

/** Checkpoints so often cost nothing that can be measured, and no more than these seconds are lost. */
export const defaultCheckpointSeconds = 10;

/** A run that is being written: its directory comes with the first epoch or checkpoint, summary.json last. */
export class RunRecorder {
  private readonly recorded = new Set<string>();
  /** The states that trials resume from, by their folders. */
  private readonly states = new Map<string, TrialState>();
  private readonly pace: CheckpointPace;
  private isOpen = false;
  private hasCheckpoint = false;

  /** @param places shared by a series @param series the recorder of the series that this is part of */
  constructor(
    private readonly start: RunStart,
    private readonly places: WeightsPlaces = new Map(),
    private readonly series: RunRecorder | null = null,
  ) {
    this.pace = new CheckpointPace(start.checkpointSeconds ?? defaultCheckpointSeconds);
  }

  /** Until here nothing is touched. @throws EngineError `usage` if a run is there that may not be replaced */
  private open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.series?.open();
    const { directory, overwrite, config, environment } = this.start;
    if (this.start.resume === true) this.continueDirectory();
    else {
      makeRunDirectory(directory, overwrite);
      this.put(runFiles.config, config);
      this.put(runFiles.environment, environment);
    }
    this.put(runFiles.running, { pid: process.pid, started: new Date().toISOString() });
    pointLatest(directory);
  }

  /** The directory of a run that resumes: as it was at the checkpoints, without results. */
  private continueDirectory(): void {
    const { directory, config, environment } = this.start;
    makeDirectory(directory);
    removeStaleTemporaries(directory);
    for (const name of [runFiles.summary, runFiles.report])
      rmSync(join(directory, name), { recursive: true, force: true });
    if (!existsSync(join(directory, runFiles.config))) this.put(runFiles.config, config);
    this.put(runFiles.environment, withEarlier(environment, join(directory, runFiles.environment)));
    this.rewriteMetrics();
  }

  /** Reads what trials resume from. @throws EngineError `bad-file`, `usage` if other bits would come out */
  readStates(trials: readonly Trial[]): void {
    if (this.start.resume !== true && !this.isOpen) return;
    const { directory, facts } = this.start;
    this.states.clear();
    for (const trial of trials) {
      const saved = readState(directory, trial);
      if (saved === null) continue;
      requireSameFacts(saved.facts, facts, directory);
      this.states.set(folderOf(trial), saved.state);
      if (saved.state.stopped !== null) this.setRecorded(trial);
    }
  }

  /** Brings a run under way back to its last checkpoints, from which it resumes. @throws as `readStates` */
  rewind(trials: readonly Trial[]): void {
    this.readStates(trials);
    if (this.isOpen) this.rewriteMetrics();
    this.start.tensorboard?.rewind();
  }

  /** The state that a trial resumes from; null: it begins. */
  readonly stateOf = (trial: Trial): TrialState | null => this.states.get(folderOf(trial)) ?? null;

  epoch(report: EpochReport): void {
    this.append(rowsOf(report));
  }

  /** Whether it is time for a checkpoint: often enough to lose little, and seldom enough to cost nothing. */
  readonly isCheckpointDue = (): boolean => this.pace.isDue();

  /** Saves where trials stand. @throws EngineError `not-written` */
  readonly checkpoint = (states: readonly TrialState[]): void => {
    if (states.length === 0) return;
    this.open();
    this.pace.measure(() => {
      for (const state of states) {
        saveState(this.start.directory, state, this.start.facts);
        this.hasCheckpoint = true;
        if (state.stopped !== null) this.setRecorded(state.trial);
      }
    });
  };

  get isResumable(): boolean {
    return this.hasCheckpoint || this.states.size > 0 || this.recorded.size > 0;
  }

  private setRecorded(trial: Trial): void {
    this.places.set(resultKey(trial), { directory: this.start.directory, trial });
    this.recorded.add(folderOf(trial));
  }

  /** Takes over metrics and checkpoints of what an earlier experiment of the series trained already. */
  takeOver({ variants, comparisons }: Outcome): void {
    for (const { trial } of [...variants, ...comparisons].flatMap(({ runs }) => runs)) {
      const place = this.places.get(resultKey(trial));
      if (this.recorded.has(folderOf(trial)) || place === undefined) continue;
      const saved = readState(place.directory, place.trial);
      if (saved === null) continue;
      // Under its name here; its times are those of another run.
      const state: TrialState = { ...saved.state, trial, epochSeconds: [] };
      this.append(rowsOfStates([state]));
      this.checkpoint([state]);
    }
  }

  /** Writes the results, which end the run. @returns the path of summary.json */
  finish(summary: unknown): string {
    this.open();
    const path = this.put(runFiles.summary, summary);
    this.close();
    return path;
  }

  /** Writes the page, and its charts (file name -> SVG) beside it. @returns the path of report.html */
  report(html: string, charts: ReadonlyMap<string, string>): string {
    const { directory } = this.start;
    const folder = join(directory, runFiles.charts);
    makeDirectory(folder);
    for (const [name, svg] of charts) replaceFile(join(folder, name), svg);
    const path = join(directory, runFiles.report);
    replaceFile(path, html);
    return path;
  }

  /** Says that nobody is at work on it any more; without a summary, it did not finish. */
  close(): void {
    if (this.isOpen) rmSync(join(this.start.directory, runFiles.running), { force: true });
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
    if (!existsSync(csv)) appendFile(csv, metricsHeader);
    appendFile(csv, rows.map(csvLine).join(''));
    appendFile(join(directory, runFiles.metricsJsonl), jsonLines(rows));
    this.start.tensorboard?.append(rows);
  }

  /** Metrics of later epochs than the checkpoints are of a training that did not last. */
  private rewriteMetrics(): void {
    const { directory } = this.start;
    const rows = rowsOfStates([...this.states.values()]);
    replaceFile(join(directory, runFiles.metricsCsv), metricsHeader + rows.map(csvLine).join(''));
    replaceFile(join(directory, runFiles.metricsJsonl), jsonLines(rows));
  }
}

function jsonLines(rows: readonly MetricsRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function folderOf({ variant, seed }: Trial): string {
  return trialFolder(variant, seed);
}

const environmentSchema = openRecord({ resumed: v.fallback(v.array(v.unknown()), []) });

/** What a resumed run ran on before, under `resumed`, the newest last. */
function withEarlier(environment: unknown, path: string): unknown {
  const earlier = tryReadJsonFile(environmentSchema, path);
  // A record for people: what a damaged one said is lost, the training is not.
  return earlier === null ? environment : { ...earlier, resumed: [...earlier.resumed, environment] };
}

/** Writes the directory of a run while it trains. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { openRecord } from '../base/schema.js';
import { resultKey, type Outcome } from '../experiments/index.js';
import { jsonText, tryReadJsonFile } from '../platform/json-file.js';
import { groupTrials } from '../train/grouping.js';
import type { EpochReport, Trial, TrialState } from '../train/types.js';
import { appendFile, makeFolder, replaceFile } from '../platform/replace-file.js';
import { CheckpointPace, defaultCheckpointSeconds } from './saved-state.js';
import { readState, saveState } from './states.js';
import { adapterText, requireSameFacts, type Facts } from './checkpoint.js';
import { clearRun, pointLatest } from './directory.js';
import { runFiles, thenResume, trialFolder } from './layout.js';
import {
  csvLine,
  metricsHeader,
  pastsOf,
  rowsOf,
  rowsOfStates,
  type MetricsRow,
  type TrialPast,
} from './metrics.js';
import { RunClaim } from './owner.js';
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
  /** Whether another adapter may go on with what one began; false if left out. */
  readonly mixed?: boolean;
  /** The right to write the directory; it is taken when the directory is written first if left out. */
  readonly claim?: RunClaim;
  /**
   * The folder of a unit, whose claim is given: metrics and environment go there, so that several units write
   * one run; its config.json is there.
   */
  readonly unit?: string;
}

/** A run that is being written: its directory comes with the first epoch or checkpoint, summary.json last. */
export class RunRecorder {
  private readonly recorded = new Set<string>();
  /** The states that trials resume from, by their folders. */
  private readonly states = new Map<string, TrialState>();
  private readonly pace: CheckpointPace;
  /** Where metrics and environment go. */
  private readonly folder: string;
  private claim: RunClaim | null = null;
  private readonly otherAdapters = new Set<string>();
  /** The last epoch that was told, and the last one with a checkpoint. */
  private stand: { readonly epoch: number; readonly saved: number | null } = { epoch: 0, saved: null };

  /** @param places shared by a series @param series the recorder of the series that this is part of */
  constructor(
    private readonly start: RunStart,
    private readonly places: WeightsPlaces = new Map(),
    private readonly series: RunRecorder | null = null,
  ) {
    this.pace = new CheckpointPace(start.checkpointSeconds ?? defaultCheckpointSeconds);
    const { directory, unit } = start;
    this.folder = unit === undefined ? directory : join(directory, runFiles.units, unit);
  }

  /**
   * To be called before each write. Until here nothing of an earlier run is touched.
   * @throws EngineError `usage` if a run is there that may not be replaced, or that another process trains;
   *   `not-written` if the directory was renamed or removed, or another process has taken it over
   */
  private open(): void {
    if (this.claim !== null) {
      this.claim.check(this.standText());
      return;
    }
    this.series?.open();
    const { directory, overwrite, config, environment, claim, unit } = this.start;
    this.claim = claim ?? RunClaim.take(directory);
    this.claim.check(this.standText());
    if (unit !== undefined) {
      makeFolder(directory, [runFiles.units, unit], this.next);
      this.continueFolder();
      return;
    }
    if (this.start.resume === true) this.continueDirectory();
    else {
      clearRun(directory, overwrite);
      this.put(runFiles.environment, environment, 'run the command again');
      // Last: from here on the run can be resumed.
      this.put(runFiles.config, config, 'run the command again');
    }
    pointLatest(directory);
  }

  private standText(): string {
    const { epoch, saved } = this.stand;
    if (epoch === 0 && saved === null) return 'its first epoch was not done';
    return `the training stood after epoch ${epoch}, with ${saved === null ? 'no checkpoint' : `its last checkpoint after epoch ${saved}`}`;
  }

  /** The directory of a run that resumes: as it was at the checkpoints, without results. */
  private continueDirectory(): void {
    const { directory, config } = this.start;
    for (const name of [runFiles.summary, runFiles.report])
      rmSync(join(directory, name), { recursive: true, force: true });
    const earlier = tryReadJsonFile(configSchema, join(directory, runFiles.config));
    if (earlier === null) this.put(runFiles.config, config);
    else if (this.otherAdapters.size > 0)
      this.put(runFiles.config, { ...earlier, options: { ...earlier.options, mixed: true } });
    this.continueFolder();
  }

  private continueFolder(): void {
    const environment = withEarlier(this.start.environment, join(this.folder, runFiles.environment));
    this.put(runFiles.environment, environment);
    this.rewriteMetrics();
  }

  /** Reads what trials resume from. @throws EngineError `bad-file`, `usage` if other bits would come out */
  readStates(trials: readonly Trial[]): void {
    const { directory, facts, unit, resume } = this.start;
    if (resume !== true && unit === undefined && this.claim === null) return;
    this.states.clear();
    for (const trial of trials) {
      const saved = readState(directory, trial);
      if (saved === null) continue;
      const isOther = requireSameFacts(saved.facts, facts, directory, this.start.mixed);
      for (const other of saved.facts.mixed) this.otherAdapters.add(other);
      if (isOther) this.otherAdapters.add(adapterText(saved.facts));
      // Another adapter may run other variants of the kernels.
      this.states.set(folderOf(trial), isOther ? { ...saved.state, kernels: null } : saved.state);
      if (saved.state.stopped !== null) this.setRecorded(trial);
    }
  }

  /** Brings a run under way back to its last checkpoints, from which it resumes. @throws as `readStates` */
  rewind(trials: readonly Trial[]): void {
    this.readStates(trials);
    if (this.claim !== null) this.rewriteMetrics();
    this.start.tensorboard?.rewind();
  }

  /** The state that a trial resumes from; null: it begins. */
  readonly stateOf = (trial: Trial): TrialState | null => this.states.get(folderOf(trial)) ?? null;

  epoch(report: EpochReport): void {
    this.append(rowsOf(report));
    this.stand = { ...this.stand, epoch: report.epoch };
  }

  /** Whether it is time for a checkpoint: often enough to lose little, and seldom enough to cost nothing. */
  readonly isCheckpointDue = (): boolean => this.pace.isDue();

  /** Saves where trials stand. @throws EngineError `not-written` */
  readonly checkpoint = (states: readonly TrialState[]): void => {
    this.save(states, {});
  };

  private save(states: readonly TrialState[], from: Pick<Partial<Facts>, 'adapter' | 'fingerprint'>): void {
    if (states.length === 0) return;
    this.open();
    const startedMs = performance.now();
    for (const state of states) {
      saveState(this.start.directory, state, { ...this.start.facts, ...from, mixed: this.mixed }, this.next);
      this.stand = { epoch: Math.max(this.stand.epoch, state.last.epoch), saved: state.last.epoch };
      if (state.stopped !== null) this.setRecorded(state.trial);
    }
    this.pace.saved(startedMs);
  }

  /** Adapters that took part before this one; empty unless `--mixed` let it go on. */
  get mixed(): readonly string[] {
    return [...this.otherAdapters];
  }

  get isResumable(): boolean {
    return this.stand.saved !== null || this.states.size > 0 || this.recorded.size > 0;
  }

  private setRecorded(trial: Trial): void {
    this.places.set(resultKey(trial), { directory: this.start.directory, trial });
    this.recorded.add(folderOf(trial));
  }

  /** Takes in trainings whose checkpoints are there, and writes their metrics. */
  takeIn(pasts: readonly TrialPast[]): void {
    this.open();
    for (const { positions } of groupTrials(pasts.map(({ trial }) => trial)))
      this.appendRows(rowsOfStates(positions.map((place) => pasts[place]!)));
    for (const { trial } of pasts) this.setRecorded(trial);
  }

  /** The epochs of trials as they were recorded here. */
  pastOf(trials: readonly Trial[]): TrialPast[] {
    this.open();
    return pastsOf(readFileSync(join(this.folder, runFiles.metricsJsonl), 'utf8'), trials);
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
      const { adapter, fingerprint } = saved.facts;
      this.save([state], { adapter, fingerprint });
    }
  }

  /** Writes the results. @returns the path of summary.json */
  finish(summary: unknown): string {
    this.open();
    return this.put(runFiles.summary, summary);
  }

  /** Writes the page, and its charts (file name -> SVG) beside it. @returns the path of report.html */
  report(html: string, charts: ReadonlyMap<string, string>): string {
    this.open();
    const { directory } = this.start;
    const folder = makeFolder(directory, [runFiles.charts], this.next);
    for (const [name, svg] of charts) replaceFile(join(folder, name), svg, this.next);
    const path = join(directory, runFiles.report);
    replaceFile(path, html, this.next);
    return path;
  }

  /** Says that nobody is at work on it any more; without a summary, it did not finish. Never throws. */
  close(): void {
    // That of a unit is released by who has taken it: several recorders share it.
    if (this.start.unit === undefined) this.claim?.release();
  }

  /** What people do after a file could not be written. */
  private get next(): string {
    if (this.start.unit !== undefined) return 'run the command again: it resumes';
    return thenResume(this.series?.start.directory ?? this.start.directory);
  }

  private put(name: string, value: unknown, next = this.next): string {
    const path = join(this.folder, name);
    replaceFile(path, jsonText(value), next);
    return path;
  }

  private append(rows: readonly MetricsRow[]): void {
    this.open();
    const csv = join(this.folder, runFiles.metricsCsv);
    if (!existsSync(csv)) appendFile(csv, metricsHeader, this.next);
    this.appendRows(rows);
    this.start.tensorboard?.append(rows);
  }

  private appendRows(rows: readonly MetricsRow[]): void {
    appendFile(join(this.folder, runFiles.metricsCsv), rows.map(csvLine).join(''), this.next);
    appendFile(join(this.folder, runFiles.metricsJsonl), jsonLines(rows), this.next);
  }

  /** Metrics of later epochs than the checkpoints are of a training that did not last. */
  private rewriteMetrics(): void {
    const rows = rowsOfStates([...this.states.values()]);
    const csv = join(this.folder, runFiles.metricsCsv);
    replaceFile(csv, metricsHeader + rows.map(csvLine).join(''), this.next);
    replaceFile(join(this.folder, runFiles.metricsJsonl), jsonLines(rows), this.next);
  }
}

function jsonLines(rows: readonly MetricsRow[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

function folderOf({ variant, seed }: Trial): string {
  return trialFolder(variant, seed);
}

const configSchema = openRecord({ options: openRecord({}) });
const environmentSchema = openRecord({ resumed: v.fallback(v.array(v.unknown()), []) });

/** What a resumed run ran on before, under `resumed`, the newest last. */
function withEarlier(environment: unknown, path: string): unknown {
  const earlier = tryReadJsonFile(environmentSchema, path);
  // A record for people: what a damaged one said is lost, the training is not.
  return earlier === null ? environment : { ...earlier, resumed: [...earlier.resumed, environment] };
}

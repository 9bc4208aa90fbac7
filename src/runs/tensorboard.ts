/** Metrics as event files for TensorBoard: one directory per trial, each a run of its own there. */
import { join } from 'node:path';
import { encodeEventsStart, encodeRestart, encodeScalars, eventFileName } from '../formats/tensorboard.js';
import { appendFile, makeFolder } from '../platform/replace-file.js';
import { thenResume } from './layout.js';
import { runFiles, trialFolder } from './layout.js';
import type { MetricsRow } from './metrics.js';

/** The charts that a row has a point in; TensorBoard puts those side by side whose names begin alike. */
export function scalarsOf(row: MetricsRow): ReadonlyMap<string, number> {
  const scalars: readonly (readonly [string, number | null])[] = [
    ['loss/train', row.trainLoss],
    ['loss/validation', row.valLoss],
    ['accuracy/train', row.trainAccuracy],
    ['accuracy/validation', row.valAccuracy],
  ];
  return new Map(scalars.filter((pair): pair is readonly [string, number] => pair[1] !== null));
}

/** Writes the event files of a run while it trains; a TensorBoard that looks at them follows. */
export class TensorBoardLog {
  private readonly files = new Map<string, string>();

  /** @param next what an error tells people to do once its reason is gone */
  constructor(
    private readonly directory: string,
    private readonly next = thenResume(directory),
  ) {}

  /** Appends a point per row and chart, over the epoch. @param wallTime seconds since 1970 */
  append(rows: readonly MetricsRow[], wallTime = Date.now() / 1000): void {
    for (const row of rows) {
      const file = this.fileOf(trialFolder(row.variant, row.seed), row.epoch, wallTime);
      appendFile(file, encodeScalars({ wallTime, step: row.epoch, values: scalarsOf(row) }), this.next);
    }
  }

  /** To be called when training resumes at an earlier epoch: each trial gets a file that says at which. */
  rewind(): void {
    this.files.clear();
  }

  private fileOf(trial: string, epoch: number, wallTime: number): string {
    const known = this.files.get(trial);
    if (known !== undefined) return known;
    const folder = makeFolder(this.directory, [runFiles.tensorboard, trial], this.next);
    const file = join(folder, eventFileName(wallTime));
    appendFile(file, encodeEventsStart(wallTime), this.next);
    if (epoch > 1) appendFile(file, encodeRestart(wallTime, epoch), this.next);
    this.files.set(trial, file);
    return file;
  }
}

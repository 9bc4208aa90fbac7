/** What a training tells of its steps and epochs. */
import type { EpochReport, ProgressReport, Trial } from '../../browser.js';
import type { WorkerEvent } from '../protocol.js';

type Epochs = Omit<Extract<WorkerEvent, { readonly kind: 'epoch' }>, 'kind'>;

/**
 * Small networks take milliseconds for an epoch, and on a software adapter the page needs the same cores: it
 * is told a few times per second.
 */
const tellMs = 250;

export class EpochTeller {
  private epochs: Epochs | null = null;
  private progress: ProgressReport | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (event: WorkerEvent) => void) {}

  addEpochs(epochs: Epochs): void {
    const records = [...(this.epochs?.records ?? []), ...epochs.records];
    this.epochs = { ...epochs, records };
    this.wait();
  }

  /** Of what is told together, the last one counts. */
  setProgress(progress: ProgressReport): void {
    this.progress = progress;
    this.wait();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.epochs !== null) this.tell({ kind: 'epoch', ...this.epochs });
    if (this.progress !== null) {
      const { epoch, step, steps } = this.progress;
      this.tell({ kind: 'progress', epoch, step, steps });
    }
    this.epochs = this.progress = null;
  }

  private wait(): void {
    this.timer ??= setTimeout(() => {
      this.flush();
    }, tellMs);
  }
}

export function recordsOf(
  { trials: reported, stepsPerSecond, seconds }: EpochReport,
  trials: readonly Trial[],
) {
  const records = reported.map(({ trial, record }) => ({ trial: trials.indexOf(trial), record }));
  return { records, stepsPerSecond, seconds };
}

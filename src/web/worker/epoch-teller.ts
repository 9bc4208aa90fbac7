/** What a training tells of its epochs. */
import type { EpochReport, Trial } from '../../browser.js';
import type { WorkerEvent } from '../protocol.js';

type Epochs = Omit<Extract<WorkerEvent, { readonly kind: 'epoch' }>, 'kind'>;

/** Small networks take milliseconds for an epoch: the page is told of several together. */
const tellMs = 100;

export class EpochTeller {
  private waiting: Epochs | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (event: WorkerEvent) => void) {}

  add(epochs: Epochs): void {
    const records = [...(this.waiting?.records ?? []), ...epochs.records];
    this.waiting = { ...epochs, records };
    this.timer ??= setTimeout(() => {
      this.flush();
    }, tellMs);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting !== null) this.tell({ kind: 'epoch', ...this.waiting });
    this.waiting = null;
  }
}

export function recordsOf(
  { trials: reported, stepsPerSecond, seconds }: EpochReport,
  trials: readonly Trial[],
) {
  const records = reported.map(({ trial, record }) => ({ trial: trials.indexOf(trial), record }));
  return { records, stepsPerSecond, seconds };
}

/** Turns what data loading and training report into the live line, epoch lines and JSON events. */
import type { DownloadProgress } from '../data/resolve.js';
import type { EpochReport, ProgressReport, TrainHooks } from '../train/types.js';
import type { Output } from '../base/output.js';
import { epochLine, liveLine, shareOf, type Outlook } from './progress.js';
import { Countdown } from './time-left.js';

const megabyte = 1e6;

/** Pictures between two lines where there is no live line. */
const picturesPerLine = 10_000;
const barWidth = 20;

/** Progress of reading pictures, as a bar on a terminal. */
function pictureProgress(output: Output): (done: number, total: number) => void {
  let shownAt = -Infinity;
  return (done, total) => {
    const of = `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} pictures`;
    if (!output.isLive) {
      if (done === total || done % picturesPerLine === 0) output.info(`read ${of}`);
      return;
    }
    if (done < total && performance.now() - shownAt < livePause) return;
    shownAt = performance.now();
    const filled = Math.floor((barWidth * done) / total);
    output.live(`reading  [${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]  ${of}`);
  };
}

/** Download progress: a live line on a terminal, else one line per complete file. */
export function dataProgress(output: Output): {
  readonly onNotice: (notice: string) => void;
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly onPictures: (done: number, total: number) => void;
} {
  return {
    onPictures: pictureProgress(output),
    onNotice: (notice) => {
      output.info(notice);
    },
    onProgress: ({ file, received, total, host }) => {
      const of = `${(received / megabyte).toFixed(1)} of ${(total / megabyte).toFixed(1)} MB`;
      if (received === total) output.info(`downloaded ${file} from ${host}, ${of}`);
      else output.live(`downloading ${file} from ${host}  ${of}`);
    },
  };
}

export interface TrainingProgress extends Required<
  Pick<TrainHooks, 'onEpoch' | 'onProgress' | 'onDiverged'>
> {
  /** Says how many runs are about to be trained; until then it is not told how many are still to come. */
  expect(runs: number): void;
}

/** Least milliseconds between two live lines: a fast adapter ends hundreds of epochs per second. */
const livePause = 50;

/**
 * Training progress: the live line on a terminal, one line per epoch elsewhere, and `epoch` events.
 * @param heading what the live line begins with
 * @param facts what the events begin with
 * @param now a clock in milliseconds
 */
export function trainingProgress(
  output: Output,
  heading: string,
  facts: Readonly<Record<string, unknown>> = {},
  now: () => number = () => performance.now(),
): TrainingProgress {
  let expected: number | null = null;
  let countdown = new Countdown();
  let last: EpochReport | null = null;
  let shownAt = -Infinity;
  /** Runs that diverged in the first epoch of their group, which no report counts. */
  let lost = 0;

  const outlook = (share: number): Outlook => ({ left: countdown.seconds(share), runsAfter: expected });
  const show = (progress: ProgressReport | null): void => {
    if (!output.isLive || now() - shownAt < livePause) return;
    shownAt = now();
    // The epoch that was reported last is over; the running one counts from there.
    const share = progress === null ? 0 : shareOf(progress);
    const report = last;
    output.live((columns) =>
      liveLine({ heading, progress, last: report && { report, outlook: outlook(share) } }, columns),
    );
  };
  return {
    expect: (runs) => {
      expected = runs;
    },
    onProgress: (progress) => {
      // Groups train one after another: figures of another group would mislead.
      if (last !== null && progress.epoch <= last.epoch) last = null;
      show(progress);
    },
    onDiverged: ({ variant, seed }, epoch) => {
      if (last === null || epoch <= last.epoch) lost++;
      output.info(`${variant}, seed ${seed}: diverged in epoch ${epoch}, and trains no further`);
    },
    onEpoch: (report) => {
      if (last === null || report.epoch <= last.epoch) {
        countdown = new Countdown();
        if (expected !== null) expected = Math.max(0, expected - report.trials.length - lost);
        lost = 0;
      }
      countdown.add(report);
      last = report;
      output.event({ event: 'epoch', ...facts, ...epochFacts(report) });
      if (output.isLive) show(null);
      else output.info(epochLine(report, outlook(0)));
    },
  };
}

function epochFacts(report: EpochReport): Readonly<Record<string, unknown>> {
  const { epoch, active, stepsPerSecond, seconds, trials } = report;
  return {
    epoch,
    active,
    stepsPerSecond,
    seconds,
    trials: trials.map(({ trial, record, improved }) => ({
      variant: trial.variant,
      seed: trial.seed,
      trainLoss: record.train.loss,
      trainAccuracy: record.train.accuracy,
      valLoss: record.validation?.loss ?? null,
      valAccuracy: record.validation?.accuracy ?? null,
      improved,
    })),
  };
}

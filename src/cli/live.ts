/** Turns what data loading and training report into the live line, epoch lines and JSON events. */
import type { DownloadProgress } from '../data/resolve.js';
import type { EpochReport, ProgressReport, TrainHooks } from '../train/types.js';
import type { Output } from './output.js';
import { epochLine, liveLine } from './progress.js';

const megabyte = 1e6;

/** Download progress: a live line on a terminal, else one line per complete file. */
export function dataProgress(output: Output): {
  readonly onNotice: (notice: string) => void;
  readonly onProgress: (progress: DownloadProgress) => void;
} {
  return {
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

/**
 * Training progress: the live line on a terminal, one line per epoch elsewhere, and `epoch` events.
 * @param heading what the live line begins with
 * @param facts what the events begin with
 */
export function trainingProgress(
  output: Output,
  heading: string,
  facts: Readonly<Record<string, unknown>> = {},
): Required<Pick<TrainHooks, 'onEpoch' | 'onProgress'>> {
  let last: EpochReport | null = null;
  return {
    onProgress: (progress: ProgressReport) => {
      // Groups train one after another: figures of another group would mislead.
      if (last !== null && progress.epoch <= last.epoch) last = null;
      output.live(liveLine(heading, progress, last));
    },
    onEpoch: (report: EpochReport) => {
      last = report;
      output.event({ event: 'epoch', ...facts, ...epochFacts(report) });
      if (output.isLive) output.live(liveLine(heading, null, report));
      else output.info(epochLine(report));
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

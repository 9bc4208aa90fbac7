/** Progress of a training in one line: the live line on a terminal, and the line per epoch elsewhere. */
import { decimal, percent } from '../experiments/format.js';
import type { EpochReport, ProgressReport } from '../train/types.js';

/** What the lines of a group of trials have in common. */
type EpochTrials = EpochReport['trials'];

/**
 * One line per epoch, under 100 columns. One trial is told in full; of several, the mean and the lowest validation loss.
 */
export function epochLine(report: EpochReport): string {
  const most = String(mostEpochs(report.trials));
  const counter = `epoch ${String(report.epoch).padStart(most.length)}/${most}`;
  return [groupLabel(report.trials), counter, ...figures(report)].join('  ');
}

/** The live line: where the running epoch is, then the figures of the last one. Its end may be cut. */
export function liveLine(heading: string, progress: ProgressReport | null, last: EpochReport | null): string {
  const epoch = progress?.epoch ?? last?.epoch ?? 0;
  const share = progress === null || progress.steps === 0 ? 1 : progress.step / progress.steps;
  if (last === null) return `${heading}  epoch ${epoch} ${bar(share)}`;
  const counter = `epoch ${epoch}/${mostEpochs(last.trials)} ${bar(share)}`;
  return [heading, groupLabel(last.trials), counter, ...figures(last)].join('  ');
}

function figures({ trials, active, stepsPerSecond }: EpochReport): string[] {
  const [only, ...others] = trials;
  const measured = only !== undefined && others.length === 0 ? oneTrial(only) : manyTrials(trials, active);
  return [measured, `${Math.round(stepsPerSecond)} steps/s`];
}

function mostEpochs(trials: EpochTrials): number {
  return Math.max(...trials.map(({ trial }) => trial.config.epochs));
}

/** Longer names are cut, so that a line stays under 100 columns. */
const longestName = 18;

/** The variant where all trials share it, else how many variants train side by side. */
function groupLabel(trials: EpochTrials): string {
  const names = [...new Set(trials.map(({ trial }) => trial.variant))];
  if (names.length > 1) return `${names.length} variants`;
  return names[0]!.length > longestName ? `${names[0]!.slice(0, longestName - 1)}…` : names[0]!;
}

function oneTrial({ record, improved }: EpochTrials[number]): string {
  const train = `train ${decimal(record.train.loss)} ${percent(record.train.accuracy)}`;
  if (record.validation === null) return train;
  const { loss, accuracy } = record.validation;
  return `${train}  val ${decimal(loss)} ${percent(accuracy)}${improved ? ' best' : '     '}`;
}

function manyTrials(trials: EpochTrials, active: number): string {
  const losses = trials.map(({ record }) => (record.validation ?? record.train).loss);
  const part = trials.every(({ record }) => record.validation !== null) ? 'val' : 'train';
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  return `${active} training  ${part} loss ${decimal(mean)} mean, ${decimal(Math.min(...losses))} lowest`;
}

const barWidth = 10;

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
}

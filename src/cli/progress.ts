/** Progress of a training in one line: the live line on a terminal, and the line per epoch elsewhere. */
import { decimal, percent } from '../experiments/format.js';
import type { EpochReport, ProgressReport } from '../train/types.js';
import { leftText, type Left } from './time-left.js';

type EpochTrials = EpochReport['trials'];

export interface Outlook {
  readonly left: Left;
  /** Runs that are trained after this group; null if that is not known. */
  readonly runsAfter: number | null;
}

const epochColumns = 99;

/** One line per epoch. One trial is told in full; of several, means and the lowest validation loss. */
export function epochLine(report: EpochReport, outlook: Outlook): string {
  const most = String(mostEpochs(report.trials));
  const counter = `epoch ${String(report.epoch).padStart(most.length)}/${most}`;
  return fitLine(
    [{ text: groupLabel(report.trials) }, { text: counter }, ...figures(report, outlook)],
    epochColumns,
  );
}

export interface LiveState {
  readonly heading: string;
  /** Where the running epoch is; null between two epochs. */
  readonly progress: ProgressReport | null;
  /** The last epoch of the same group with what is to come after it; null before there is one. */
  readonly last: { readonly report: EpochReport; readonly outlook: Outlook } | null;
}

/** The live line: where the running epoch is, then the figures of the last one, as far as there is room. */
export function liveLine({ heading, progress, last }: LiveState, columns: number): string {
  const epoch = progress?.epoch ?? last?.report.epoch ?? 0;
  const counter = last === null ? String(epoch) : `${epoch}/${mostEpochs(last.report.trials)}`;
  const share = bar(progress === null ? 1 : shareOf(progress));
  const place: Piece = {
    text: `epoch ${counter} ${share}`,
    shorter: [
      { turn: 4, text: `epoch ${counter}` },
      { turn: 7, text: counter },
    ],
  };
  const head: Piece = { text: heading, shorter: [{ turn: 5, text: '' }] };
  if (last === null) return fitLine([head, place], columns);
  const label: Piece = { text: groupLabel(last.report.trials), shorter: [{ turn: 9, text: '' }] };
  return fitLine([head, label, place, ...figures(last.report, last.outlook)], columns);
}

/** How much of an epoch's steps is submitted, 0 to 1. */
export function shareOf({ step, steps }: ProgressReport): number {
  return steps === 0 ? 1 : Math.min(1, Math.max(0, step / steps));
}

function figures({ trials, active, stepsPerSecond }: EpochReport, { left, runsAfter }: Outlook): Piece[] {
  const [only, ...others] = trials;
  const measured = only !== undefined && others.length === 0 ? oneTrial(only) : manyTrials(trials, active);
  const { long, short } = leftText(left);
  const after =
    runsAfter === null || runsAfter === 0 ? '' : `then ${runsAfter} more ${runsAfter === 1 ? 'run' : 'runs'}`;
  return [
    ...measured,
    { text: `${Math.round(stepsPerSecond)} steps/s`, shorter: [{ turn: 8, text: '' }] },
    {
      // Nothing is left of a group that has just ended.
      text: active === 0 ? '' : long,
      shorter: [
        { turn: 2, text: active === 0 ? '' : short },
        { turn: 11, text: '' },
      ],
    },
    { text: after, shorter: [{ turn: 1, text: '' }] },
  ];
}

function mostEpochs(trials: EpochTrials): number {
  return Math.max(...trials.map(({ trial }) => trial.config.epochs));
}

const longestName = 18;

/** The variant where all trials share it, else how many variants train side by side. */
function groupLabel(trials: EpochTrials): string {
  const names = [...new Set(trials.map(({ trial }) => trial.variant))];
  if (names.length > 1) return `${names.length} variants`;
  return names[0]!.length > longestName ? `${names[0]!.slice(0, longestName - 1)}…` : names[0]!;
}

function oneTrial({ record, improved }: EpochTrials[number]): Piece[] {
  const { train, validation } = record;
  const trained = `train ${decimal(train.loss)} ${percent(train.accuracy)}`;
  if (validation === null) return [{ text: trained, shorter: [{ turn: 10, text: percent(train.accuracy) }] }];
  const { loss, accuracy } = validation;
  return [
    { text: trained, shorter: [{ turn: 3, text: '' }] },
    {
      text: `val ${decimal(loss)} ${percent(accuracy)}${improved ? ' best' : '     '}`,
      shorter: [{ turn: 10, text: percent(accuracy) }],
    },
  ];
}

function manyTrials(trials: EpochTrials, active: number): Piece[] {
  const validated = trials.every(({ record }) => record.validation !== null);
  const scores = trials.map(({ record }) => record.validation ?? record.train);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const losses = scores.map(({ loss }) => loss);
  const accuracy = percent(mean(scores.map((score) => score.accuracy)));
  const means = `mean ${validated ? 'val' : 'train'} ${decimal(mean(losses))} ${accuracy}`;
  return [
    { text: `${active} training`, shorter: [{ turn: 3, text: '' }] },
    {
      text: `${means}, lowest ${decimal(Math.min(...losses))}`,
      shorter: [
        { turn: 6, text: means },
        { turn: 10, text: accuracy },
      ],
    },
  ];
}

const barWidth = 10;

function bar(share: number): string {
  const filled = Math.round(share * barWidth);
  return `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`;
}

/** A part of the line, with what it becomes as room gets scarce. */
export interface Piece {
  readonly text: string;
  /** Shorter forms, '' to leave it out; a lower `turn` is taken first, over all pieces of the line. */
  readonly shorter?: readonly { readonly turn: number; readonly text: string }[];
}

const gap = '  ';

/** The pieces side by side, shortened turn by turn until they fit; what then is still too long is cut. */
export function fitLine(pieces: readonly Piece[], columns: number): string {
  const texts = pieces.map(({ text }) => text);
  const turns = pieces
    .flatMap(({ shorter = [] }, index) => shorter.map((form) => ({ ...form, index })))
    .sort((a, b) => a.turn - b.turn);
  const line = (): string =>
    texts
      .filter((text) => text !== '')
      .join(gap)
      .trimEnd();
  for (const { index, text } of turns) {
    if (line().length <= columns) break;
    texts[index] = text;
  }
  return line().slice(0, columns);
}

/** Experiments 0 and 1: how a network without any remedy fits, and from when on it overfits. */
import {
  countSpread,
  decimalSpread,
  percent,
  percentSpread,
  points,
  testBesideValidation,
} from '../format.js';
import { over } from '../measures.js';
import { sample } from '../../base/statistics.js';
import type { Outcome, VariantOutcome } from '../types.js';
import type { TrialResult } from '../../train/types.js';

const everything = 0.9995;

/** A gap below this is not worth a word: it is within one standard error of 2,000 test images. */
const noGap = 0.01;

/** Experiment 0: training accuracy against test accuracy. */
export function concludeBaseline({ variants }: Outcome): string[] {
  const variant = variants[0]!;
  const train = over(variant, 'lastTrainAccuracy');
  const test = over(variant, 'testAccuracy');
  const gap = train.mean - test.mean;
  const reached = `${reachesEverything(variant)}; the test accuracy is ${percentSpread(test)}`;
  const losses = `training loss ${decimalSpread(over(variant, 'lastTrainLoss'))}, test loss ${decimalSpread(over(variant, 'testLoss'))}`;
  const seedGap = 1 - 0.8927;
  return [
    gap < noGap
      ? `${reached}: no gap to speak of (${losses}).`
      : `${reached}: a gap of ${points(gap)} that the training figures do not show (${losses}).`,
    gap < noGap
      ? `The series found a gap of ${points(seedGap)}; these results DO NOT show one.`
      : `The series found a gap of ${points(seedGap)} between training and test on the full KMNIST.`,
  ];
}

/** Experiment 1: where the validation loss turns, and the gaps between training, validation and test. */
export function concludeMonitoring({ variants, data }: Outcome): string[] {
  const variant = variants[0]!;
  const curves = variant.runs.map(overfitting).filter((curve) => curve !== null);
  const train = over(variant, 'lastTrainAccuracy');
  const validation = over(variant, 'lastValidationAccuracy');
  const test = over(variant, 'testAccuracy');
  return [
    ...validationCurve(variant, curves),
    `${reachesEverything(variant)}; at the end validation accuracy is ${percentSpread(validation)} and test accuracy ` +
      `${percentSpread(test)}: a gap of ${points(train.mean - validation.mean)} from training to validation; ` +
      `${testBesideValidation(validation.mean - test.mean)}.`,
    turnAgainstSeries(curves, Math.ceil(data.train / variant.config.batchSize)),
  ];
}

function validationCurve(variant: VariantOutcome, curves: readonly Overfitting[]): string[] {
  const rising = curves.filter(({ shape }) => shape === 'rising');
  const share = curves.length > 1 ? `in ${rising.length} of ${curves.length} runs ` : '';
  const length = countSpread(over(variant, 'epochs'));
  if (rising.length === 0) {
    const falling = curves.every(({ shape }) => shape === 'falling');
    const end = sample(curves.map(({ minimumEpoch }) => minimumEpoch));
    return [
      falling
        ? `Validation loss is still at its lowest at the end (epoch ${countSpread(end)} of ${length}): no overfitting yet, longer training may help.`
        : `Validation loss is lowest at epoch ${countSpread(end)} and stays within 2 % of that to epoch ${length}: no clear overfitting.`,
    ];
  }
  const turn = sample(rising.map(({ minimumEpoch }) => minimumEpoch));
  const minimum = sample(rising.map((curve) => curve.minimum));
  const end = sample(rising.map((curve) => curve.end));
  const rise = sample(rising.map((curve) => curve.rise));
  return [
    `Validation loss rises ${share}from epoch ${countSpread(turn)} on: from ${decimalSpread(minimum)} to ${decimalSpread(end)} ` +
      `over the last epochs, ${percentSpread(rise)} above its minimum, while the training loss falls on to ` +
      `${decimalSpread(over(variant, 'lastTrainLoss'))}. That is overfitting.`,
  ];
}

function turnAgainstSeries(curves: readonly Overfitting[], stepsPerEpoch: number): string {
  const rising = curves.filter(({ shape }) => shape === 'rising');
  const series = 'The series saw it rise after about 10 epochs of 375 steps, 3,750 steps';
  if (rising.length === 0) return `${series}; these results DO NOT show a rise.`;
  const turn = sample(rising.map(({ minimumEpoch }) => minimumEpoch)).mean;
  const steps = Math.round(turn * stepsPerEpoch);
  return `${series}; here the turn is after ${turn.toFixed(1)} epochs of ${stepsPerEpoch}, ${steps.toLocaleString('en')} steps.`;
}

function reachesEverything(variant: VariantOutcome): string {
  const train = over(variant, 'lastTrainAccuracy');
  const length = countSpread(over(variant, 'epochs'));
  const first = variant.runs.map((run) => firstEpochAt(run, everything));
  const reached = first.filter((epoch) => epoch !== null);
  if (reached.length < first.length)
    return `Training accuracy ends at ${percentSpread(train)} after ${length} epochs`;
  return `Training accuracy reaches ${percent(1, 0)} at epoch ${countSpread(sample(reached))} of ${length}`;
}

/** How the validation loss of a run went on after its minimum. */
export interface Overfitting {
  /**
   * `rising`: it ends clearly above its minimum. `flat`: it ends near it. `falling`: fewer than three epochs
   * follow the minimum, so the run ended before it could show either.
   */
  readonly shape: 'rising' | 'flat' | 'falling';
  /** The epoch with the lowest validation loss, counted from 1. */
  readonly minimumEpoch: number;
  readonly minimum: number;
  /** Mean validation loss of the last (at most five) epochs after the minimum, or the minimum itself. */
  readonly end: number;
  /** end / minimum - 1. */
  readonly rise: number;
}

/** Less than this above the minimum is flat: a validation loss moves by about as much between epochs. */
const clearRise = 0.02;

/** The end is averaged over this many epochs, so that one epoch's noise does not decide. */
const endEpochs = 5;

/** Reads the validation curve of a run; null without validation. */
export function overfitting(run: TrialResult): Overfitting | null {
  const losses: number[] = [];
  for (const { validation } of run.history) {
    if (validation === null) return null;
    losses.push(validation.loss);
  }
  const minimum = Math.min(...losses);
  const at = losses.indexOf(minimum);
  const after = losses.slice(at + 1).slice(-endEpochs);
  const end = after.length === 0 ? minimum : after.reduce((sum, loss) => sum + loss, 0) / after.length;
  const rise = end / minimum - 1;
  if (losses.length - at <= 3) return { shape: 'falling', minimumEpoch: at + 1, minimum, end, rise };
  return { shape: rise > clearRise ? 'rising' : 'flat', minimumEpoch: at + 1, minimum, end, rise };
}

/** The first epoch whose training accuracy is at least `accuracy`; null if none is. */
export function firstEpochAt(run: TrialResult, accuracy: number): number | null {
  return run.history.find(({ train }) => train.accuracy >= accuracy)?.epoch ?? null;
}

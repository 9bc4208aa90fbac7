/** Experiments 0 and 1: how a network without any remedy fits, and from when on it overfits. */
import { firstEpochAt, overfitting, type Overfitting } from '../curves.js';
import {
  countSpread,
  decimalSpread,
  percent,
  percentSpread,
  points,
  testBesideValidation,
} from '../format.js';
import {
  epochs,
  lastTrainAccuracy,
  lastTrainLoss,
  lastValidationAccuracy,
  over,
  testAccuracy,
  testLoss,
} from '../measures.js';
import { sample } from '../../base/statistics.js';
import type { Outcome, VariantOutcome } from '../types.js';

/** Rounds to 100.0 %. */
const everything = 0.9995;

/** A gap below this is not worth a word: it is within one standard error of 2,000 test images. */
const noGap = 0.01;

/** Experiment 0: training accuracy against test accuracy. */
export function concludeBaseline({ variants }: Outcome): string[] {
  const variant = variants[0]!;
  const train = over(variant, lastTrainAccuracy);
  const test = over(variant, testAccuracy);
  const gap = train.mean - test.mean;
  const reached = `${reachesEverything(variant)}; the test accuracy is ${percentSpread(test)}`;
  const losses = `training loss ${decimalSpread(over(variant, lastTrainLoss))}, test loss ${decimalSpread(over(variant, testLoss))}`;
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
  const train = over(variant, lastTrainAccuracy);
  const validation = over(variant, lastValidationAccuracy);
  const test = over(variant, testAccuracy);
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
  const length = countSpread(over(variant, epochs));
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
      `${decimalSpread(over(variant, lastTrainLoss))}. That is overfitting.`,
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
  const train = over(variant, lastTrainAccuracy);
  const length = countSpread(over(variant, epochs));
  const first = variant.runs.map((run) => firstEpochAt(run, everything));
  const reached = first.filter((epoch) => epoch !== null);
  if (reached.length < first.length)
    return `Training accuracy ends at ${percentSpread(train)} after ${length} epochs`;
  return `Training accuracy reaches ${percent(1, 0)} at epoch ${countSpread(sample(reached))} of ${length}`;
}

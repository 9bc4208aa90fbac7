/** Experiments 5, 6 and final: learning rate, batch size, and the network that was chosen. */
import { mostConfused, over, ranked, select, type Measure } from '../measures.js';
import {
  countSpread,
  decimalSpread,
  listed,
  percent,
  percentSpread,
  points,
  testBesideValidation,
} from '../format.js';
import type { Outcome } from '../types.js';
import { accuracyGap, winnerBorneOut, lossGap, lossOf, winner } from './compare.js';

/** Experiment 5: the best rate, the worst, and how long each one takes. */
export function concludeLearningRate(outcome: Outcome): string[] {
  const { variants } = outcome;
  const order = ranked(variants);
  const worst = order.at(-1)!;
  const slowest = [...variants].sort((a, b) => over(b, 'bestEpoch').mean - over(a, 'bestEpoch').mean)[0]!;
  const times = variants.map((variant) => `${countSpread(over(variant, 'bestEpoch'))} (${variant.name})`);
  const sentences = [winner(outcome)];
  if (variants.length > 1) {
    sentences.push(
      `The worst is ${worst.name}: best validation loss ${lossOf(worst)}, ${lossGap(worst, order[0]!)} than the best.`,
      `The best epoch comes at ${listed(times)}: ${slowest.name} takes longest.`,
    );
    if (variants.some(({ name }) => name === 'lr=0.005') && worst.name !== 'lr=0.005')
      sentences.push(`The series found lr=0.005 the worst; these results CONTRADICT that: ${worst.name} is.`);
  }
  sentences.push(winnerBorneOut(outcome, 'lr=0.001'));
  return sentences;
}

/** Experiment 6: the best batch size and the price of each. */
export function concludeBatchSize(outcome: Outcome): string[] {
  const { variants } = outcome;
  const each = (measure: Measure, unit: string): string =>
    listed(variants.map((variant) => `${over(variant, measure).mean.toFixed(1)} ${unit} (${variant.name})`));
  const sentences = [winner(outcome)];
  if (variants.length > 1) {
    const company = variants[0]!.runs.length > 1 ? ', side by side with its other seeds,' : '';
    sentences.push(`A run${company} took ${each('seconds', 's')}.`);
    const byTest = [...variants].sort(
      (a, b) => over(b, 'testAccuracy').mean - over(a, 'testAccuracy').mean,
    )[0]!;
    const chosen = ranked(variants)[0]!;
    sentences.push(
      byTest === chosen
        ? `${chosen.name} also has the highest test accuracy, ${percentSpread(over(chosen, 'testAccuracy'))}.`
        : `On the test set ${byTest.name} is ahead, ${percentSpread(over(byTest, 'testAccuracy'))}: the accuracy of ${chosen.name} is ${accuracyGap(chosen, byTest)}.`,
    );
  }
  sentences.push(
    winnerBorneOut(outcome, 'batch-size=32', 'The README of the series'),
    winnerBorneOut(outcome, 'batch-size=128', 'The notebook of the series'),
  );
  return sentences;
}

/** The test accuracy that the series reports for its final network, on the full KMNIST. */
const seriesTestAccuracy = 0.9018;

/** `final`: the test set, and where the network is wrong. */
export function concludeFinal({ variants, data }: Outcome): string[] {
  const variant = variants[0]!;
  const { run } = select(variants);
  const test = over(variant, 'testAccuracy');
  const drop = over(variant, 'bestValidationAccuracy').mean - test.mean;
  const mistakes = mostConfused(run.confusion, 1);
  // A class without test images is neither the best nor the worst.
  const judged = run.perClassAccuracy.flatMap((accuracy, label) =>
    accuracy === null ? [] : [{ accuracy, label }],
  );
  const best = judged.reduce((a, b) => (b.accuracy > a.accuracy ? b : a));
  const worst = judged.reduce((a, b) => (b.accuracy < a.accuracy ? b : a));
  const name = (index: number): string => data.classNames[index] ?? String(index);
  const sentences = [
    `Test accuracy is ${percentSpread(test)}, test loss ${decimalSpread(over(variant, 'testLoss'))}; ` +
      `${testBesideValidation(drop)} at the best epoch.`,
    `By class it is right on ${percent(best.accuracy)} of "${name(best.label)}" ` +
      `and on ${percent(worst.accuracy)} of "${name(worst.label)}".`,
  ];
  for (const { actual, predicted, count } of mistakes)
    sentences.push(
      `Its most frequent mistake is to read "${name(actual)}" as "${name(predicted)}": ${count} images.`,
    );
  sentences.push(againstSeries(data.name, test.mean - seriesTestAccuracy));
  return sentences;
}

function againstSeries(dataset: string, gap: number): string {
  const series = `The series reports ${percent(seriesTestAccuracy, 2)} on the full KMNIST`;
  if (dataset !== 'kmnist') return `${series}; on "${dataset}" that figure does not apply.`;
  return `${series}; this is ${points(Math.abs(gap))} ${gap < 0 ? 'less' : 'more'}.`;
}

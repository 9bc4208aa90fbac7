/** Experiments 2, 3 and 4: dropout, capacity and weight decay, each against a run without it. */
import { countSpread, listed, percent, percentSpread, points } from '../format.js';
import { over, ranked } from '../measures.js';
import type { Outcome, VariantOutcome } from '../types.js';
import { against, borneOut, winnerBorneOut, lossOf, winner } from './compare.js';

/** Experiment 2: the gap with and without dropout, and what early stopping did. */
export function concludeDropout(outcome: Outcome): string[] {
  const { variants, comparisons } = outcome;
  const gaps = [...variants, ...comparisons].map((variant) => {
    const train = over(variant, 'lastTrainAccuracy').mean;
    return `${points(train - over(variant, 'lastValidationAccuracy').mean)} with ${variant.name}`;
  });
  const best = ranked(variants)[0]!;
  return [
    winner(outcome),
    `The gap from training accuracy (measured with dropout on) to validation accuracy at the end is ${listed(gaps)}.`,
    ...comparisons.map((plain) => against(best, plain)),
    ...variants.map(earlyStopping),
    winnerBorneOut(outcome, 'dropout=0.3'),
  ];
}

/** Experiment 3: the larger network against the smaller one. */
export function concludeCapacity(outcome: Outcome): string[] {
  const { variants, comparisons, data } = outcome;
  const variant = variants[0]!;
  const size = (of: VariantOutcome): number => parameterCount(data.inputs, of.config.hidden, data.classNames);
  const sentences = [
    `${variant.name} has ${size(variant).toLocaleString('en')} parameters and a best validation loss of ${lossOf(variant)}.`,
  ];
  for (const smaller of comparisons) {
    const ratio = size(variant) / size(smaller);
    sentences.push(
      `That is ${ratio.toFixed(2)} times as many as ${smaller.name} has. ${against(variant, smaller)}`,
      borneOut('The series finds more capacity better', variant, smaller),
    );
  }
  sentences.push(earlyStopping(variant));
  return sentences;
}

/** Experiment 4: each λ against none, and against the other mode of decay. */
export function concludeDecay(outcome: Outcome): string[] {
  const { variants, comparisons } = outcome;
  const none = comparisons.find(({ config }) => config.weightDecay === 0);
  const other = comparisons.find(({ config }) => config.weightDecay !== 0);
  const last = variants.at(-1)!;
  const { decay } = last.config;
  const sentences = [`Decay is ${decay} in these variants. ${winner(outcome)}`];
  if (none !== undefined) sentences.push(...variants.map((variant) => against(variant, none)));
  if (decay === 'decoupled') sentences.push(shrinkage(outcome, last));
  if (other !== undefined) sentences.push(`The other mode at the same λ: ${against(other, last)}`);
  const by = decay === 'l2' ? 'The series' : 'The series, with coupled (l2) decay, which --decay l2 repeats,';
  sentences.push(winnerBorneOut(outcome, 'weight-decay=0.0005', by));
  return sentences;
}

/** How much the decay term alone takes off a weight in the run: 1 - (1 - lr λ)^steps. */
function shrinkage({ data }: Outcome, variant: VariantOutcome): string {
  const { config } = variant;
  const steps = over(variant, 'epochs').mean * Math.ceil(data.train / config.batchSize);
  const shrunk = 1 - (1 - config.learningRate * config.weightDecay) ** steps;
  return `Decoupled decay at λ = ${config.weightDecay} took ${percent(shrunk, 2)} off each weight in the ${Math.round(steps).toLocaleString('en')} steps of a run.`;
}

function earlyStopping(variant: VariantOutcome): string {
  const { patience, epochs: most } = variant.config;
  const early = variant.runs.filter(({ stopped }) => stopped === 'early').length;
  const best = `best at epoch ${countSpread(over(variant, 'bestEpoch'))}`;
  const train = `training accuracy ${percentSpread(over(variant, 'lastTrainAccuracy'))}`;
  if (early === 0) return `${variant.name} used all ${most} epochs (${best}; ${train}).`;
  const share = variant.runs.length > 1 ? `${early} of ${variant.runs.length} runs` : 'it';
  return (
    `${variant.name}: with patience ${patience ?? 'none'}, ${share} stopped early, after ` +
    `${countSpread(over(variant, 'epochs'))} of ${most} epochs (${best}; ${train}).`
  );
}

/** Weights and biases of a dense network. */
function parameterCount(inputs: number, hidden: readonly number[], classes: readonly string[]): number {
  const widths = [inputs, ...hidden, classes.length];
  return widths.slice(1).reduce((sum, width, index) => sum + (widths[index]! + 1) * width, 0);
}

/**
 * Experiments 0-6 and `final`: what each one asks, trains and concludes. A new one is an entry here.
 *
 * Source: the README and the notebook of "Deep Learning Experiments on KMNIST".
 *
 * Weight decay is decoupled (AdamW) in all of them unless `--decay l2` is given. The series itself used
 * coupled decay (`Adam(weight_decay=λ)`), so `--decay l2` is what reproduces its figures. One default for
 * every experiment keeps the runs of a series comparable with each other. At the λ of the series decoupled
 * decay does next to nothing; experiment 4 says so from its own runs, because it also trains λ = 0 and, at
 * its largest λ, the other mode.
 */
import { defaultConfig, type TrainConfig } from '../train/settings.js';
import { experimentOf } from './definition.js';
import { concludeBaseline, concludeMonitoring } from './lessons/fit.js';
import { concludeCapacity, concludeDecay, concludeDropout } from './lessons/regularise.js';
import { concludeBatchSize, concludeFinal, concludeLearningRate } from './lessons/tune.js';
import type { Definition, Experiment, ExperimentId } from './types.js';

/** The defaults of `createTrial`, without validation. */
const baseline: TrainConfig = { ...defaultConfig, epochs: 500, patience: null, validation: 0 };
const monitored: TrainConfig = { ...baseline, epochs: 50, validation: 0.2 };
const stoppedEarly: TrainConfig = { ...monitored, patience: 10 };
const larger: TrainConfig = { ...stoppedEarly, hidden: [256, 128], dropout: 0.3 };
const decayed: TrainConfig = { ...larger, weightDecay: 5e-4, epochs: 200 };

const series = [
  entry(0, {
    title: 'baseline',
    asks: 'What does a small network reach when it simply trains for a long time?',
    base: baseline,
    conclude: concludeBaseline,
  }),
  entry(1, {
    title: 'validation monitoring',
    asks: 'When does it stop learning what carries over to images that it has not seen?',
    base: monitored,
    conclude: concludeMonitoring,
  }),
  entry(2, {
    title: 'dropout and early stopping',
    asks: 'Does dropout close the gap between training and validation, and how much of it is right?',
    base: stoppedEarly,
    sweep: { dropout: [0.5, 0.3] },
    comparisons: [{ dropout: 0, patience: null }],
    conclude: concludeDropout,
  }),
  entry(3, {
    title: 'more capacity',
    asks: 'Does a larger, deeper network help once dropout and early stopping are in place?',
    base: larger,
    sweep: { hidden: [[256, 128]] },
    comparisons: [{ hidden: [128] }],
    conclude: concludeCapacity,
  }),
  entry(4, {
    title: 'weight decay',
    asks: 'Does weight decay lower the validation loss, and which λ?',
    base: decayed,
    sweep: { weightDecay: [1e-4, 5e-4, 1e-3] },
    comparisons: [{ weightDecay: 0 }, { decay: 'the other' }],
    conclude: concludeDecay,
  }),
  entry(5, {
    title: 'learning rate',
    asks: 'Is there a better learning rate than the usual 1e-3?',
    base: decayed,
    sweep: { learningRate: [1e-4, 5e-4, 5e-3, 1e-3] },
    conclude: concludeLearningRate,
  }),
  entry(6, {
    title: 'batch size',
    asks: 'Which batch size gives the lowest validation loss, and what does it cost?',
    base: decayed,
    sweep: { batchSize: [32, 64, 256, 128] },
    conclude: concludeBatchSize,
  }),
  entry('final', {
    title: 'the selected configuration',
    asks: 'How good is the chosen network on images that no choice was made on, and where is it wrong?',
    // The notebook's batch size; in `--exp all` the batch size that experiment 6 selected takes its place.
    base: decayed,
    conclude: concludeFinal,
  }),
] as const satisfies readonly Experiment[];

/** The series, in its order. */
export const experiments: readonly (Experiment & { readonly id: KnownExperiment })[] = series;

/** The numbers and names that there are. */
export type KnownExperiment = (typeof series)[number]['id'];

/** The experiment with this number or name. */
export function experimentById(id: ExperimentId): Experiment {
  return experiments.find((experiment) => experiment.id === id)!;
}

/** `Experiment 6: batch size`. */
export function experimentHeading({ id, title }: Pick<Experiment, 'id' | 'title'>): string {
  if (typeof id === 'number') return `Experiment ${id}: ${title}`;
  return id === 'final' ? `Final: ${title}` : `Sweep: ${title}`;
}

/** `exp6`, `final` or `sweep`: the experiment in file names and headings. */
export function experimentName(id: ExperimentId): string {
  return typeof id === 'number' ? `exp${id}` : id;
}

function entry<I extends ExperimentId>(
  id: I,
  {
    conclude,
    ...given
  }: Pick<Experiment, 'title' | 'asks' | 'base' | 'conclude'> &
    Partial<Pick<Definition, 'sweep' | 'comparisons'>>,
): Experiment & { readonly id: I } {
  const definition: Definition = { sweep: {}, sample: null, halving: null, comparisons: [], ...given };
  return experimentOf(id, definition, conclude, id === 'final' ? { name: 'final' } : {});
}

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
import { defaultConfig, type OptionKey, type TrainConfig } from '../train/settings.js';
import { concludeBaseline, concludeMonitoring } from './lessons/fit.js';
import { concludeCapacity, concludeDecay, concludeDropout } from './lessons/regularise.js';
import { concludeBatchSize, concludeFinal, concludeLearningRate } from './lessons/tune.js';
import { variantName } from './plan.js';
import type { Experiment, ExperimentId, Variant } from './types.js';

/** The defaults of `createTrial`, without validation. */
const baseline: TrainConfig = { ...defaultConfig, epochs: 500, patience: null, validation: 0 };
const monitored: TrainConfig = { ...baseline, epochs: 50, validation: 0.2 };
const stoppedEarly: TrainConfig = { ...monitored, patience: 10 };
const larger: TrainConfig = { ...stoppedEarly, hidden: [256, 128], dropout: 0.3 };
const decayed: TrainConfig = { ...larger, weightDecay: 5e-4, epochs: 200 };

const series = [
  {
    id: 0,
    title: 'baseline',
    asks: 'What does a small network reach when it simply trains for a long time?',
    swept: null,
    variants: [{ name: 'baseline', config: baseline }],
    comparisons: [],
    conclude: concludeBaseline,
  },
  {
    id: 1,
    title: 'validation monitoring',
    asks: 'When does it stop learning what carries over to images that it has not seen?',
    swept: null,
    variants: [{ name: 'baseline', config: monitored }],
    comparisons: [],
    conclude: concludeMonitoring,
  },
  {
    id: 2,
    title: 'dropout and early stopping',
    asks: 'Does dropout close the gap between training and validation, and how much of it is right?',
    ...sweep(stoppedEarly, 'dropout', [0.5, 0.3]),
    comparisons: [{ dropout: 0, patience: null }],
    conclude: concludeDropout,
  },
  {
    id: 3,
    title: 'more capacity',
    asks: 'Does a larger, deeper network help once dropout and early stopping are in place?',
    ...sweep(larger, 'hidden', [[256, 128]]),
    comparisons: [{ hidden: [128] }],
    conclude: concludeCapacity,
  },
  {
    id: 4,
    title: 'weight decay',
    asks: 'Does weight decay lower the validation loss, and which λ?',
    ...sweep(decayed, 'weightDecay', [1e-4, 5e-4, 1e-3]),
    comparisons: [{ weightDecay: 0 }, { decay: 'the other' }],
    conclude: concludeDecay,
  },
  {
    id: 5,
    title: 'learning rate',
    asks: 'Is there a better learning rate than the usual 1e-3?',
    ...sweep(decayed, 'learningRate', [1e-4, 5e-4, 5e-3, 1e-3]),
    comparisons: [],
    conclude: concludeLearningRate,
  },
  {
    id: 6,
    title: 'batch size',
    asks: 'Which batch size gives the lowest validation loss, and what does it cost?',
    ...sweep(decayed, 'batchSize', [32, 64, 256, 128]),
    comparisons: [],
    conclude: concludeBatchSize,
  },
  {
    id: 'final',
    title: 'the selected configuration',
    asks: 'How good is the chosen network on images that no choice was made on, and where is it wrong?',
    swept: null,
    // The notebook's batch size; in `--exp all` the batch size that experiment 6 selected takes its place.
    variants: [{ name: 'final', config: decayed }],
    comparisons: [],
    conclude: concludeFinal,
  },
] as const satisfies readonly Experiment[];

/** The series, in its order. */
export const experiments: readonly Experiment[] = series;

/** The numbers and names that there are. */
export type KnownExperiment = (typeof series)[number]['id'];

/** The experiment with this number or name. */
export function experimentById(id: ExperimentId): Experiment {
  return experiments.find((experiment) => experiment.id === id)!;
}

/** `exp6` or `final`: the experiment in file names and headings. */
export function experimentName(id: ExperimentId): string {
  return id === 'final' ? id : `exp${id}`;
}

/** A variant of `base` for each value of one setting. */
function sweep<K extends OptionKey>(
  base: TrainConfig,
  swept: K,
  values: readonly TrainConfig[K][],
): Pick<Experiment, 'swept' | 'variants'> {
  const variants = values.map((value): Variant => {
    const config = { ...base, [swept]: value };
    return { name: variantName(swept, config), config };
  });
  return { swept, variants };
}

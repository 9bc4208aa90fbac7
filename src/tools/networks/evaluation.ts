/** What evaluate.js measures, and how it stands to what a run recorded. */
import { pickImages, type Dataset } from '../../data/dataset.js';
import { EngineError } from '../../base/errors.js';
import { splitIndices } from '../../data/split.js';
import { scoreLogits, type LogitScore } from '../../library/logits.js';
import type { Score } from '../../train/types.js';
import type { RunNetwork } from './run-network.js';

/** Labelled images to be measured on. */
export interface Part extends Pick<Dataset['test'], 'pixels' | 'labels'> {
  readonly name: 'test' | 'validation';
}

/** What was measured on a part. */
export interface PartScore extends Score, Pick<LogitScore, 'confusion' | 'undecided'> {
  readonly part: Part['name'];
  readonly images: number;
}

/** `agrees` is null where nothing is compared. */
export interface PartComparison {
  readonly found: PartScore;
  /** null where the run has no such figures of these weights. */
  readonly recorded: (Score & { readonly confusion: readonly (readonly number[])[] | null }) | null;
  readonly agrees: boolean | null;
}

export interface Comparison {
  /** The test set first. */
  readonly parts: readonly PartComparison[];
  readonly agrees: boolean | null;
}

/**
 * How far two mean losses may lie apart, per 1 + loss. The figures of a run are sums of f32 losses; these
 * here are sums in f64 over logits of other kernels, which add up to 785 products in another order. Rounding
 * errors of 2^-24 each, independent of each other, leave some 1e-6 of a logit, and less of a mean over many
 * images.
 */
export const lossBound = 1e-5;

/**
 * The data set with the classes of a network, of which it may lack some: classes are the same by name, or by
 * number where the data's have no names.
 * @throws EngineError `usage` if it has a class that the network does not know
 */
export function withClassesOf(classNames: readonly string[], dataset: Dataset): Dataset {
  const isNumbered = dataset.classNames.every((name, label) => name === String(label));
  const labels = dataset.classNames.map((name, label) => (isNumbered ? label : classNames.indexOf(name)));
  const unknown = dataset.classNames.filter((_, label) => labels[label] === -1);
  if (unknown.length > 0)
    throw new EngineError('usage', `${dataset.name} has classes that the network does not know`, {
      found: unknown.slice(0, 8).join(', '),
      expected: `classes of ${classNames.slice(0, 20).join(', ')}`,
      remedy: 'name data with the classes of the run with --data',
    });
  const part = (of: Dataset['test']): Dataset['test'] => ({
    ...of,
    labels: of.labels.map((label) => labels[label]!),
  });
  const { train, test } = dataset;
  return { ...dataset, classes: classNames.length, classNames, train: part(train), test: part(test) };
}

/**
 * The test set, and what the network's trial held out for validation.
 * @param network null for data other than that of its run, where there is no such split
 */
export function partsOf({ train, test }: Dataset, network: RunNetwork | null): readonly Part[] {
  const parts: Part[] = [{ name: 'test', pixels: test.pixels, labels: test.labels }];
  if (network === null || network.config.validation === 0) return parts;
  const { validation } = splitIndices(train.count, network.config.validation, network.record.seed);
  return [...parts, { name: 'validation', ...pickImages(train, validation) }];
}

export function measure(part: Part, logits: Float32Array, classes: number): PartScore {
  const { loss, correct, confusion, undecided } = scoreLogits(logits, part.labels, classes);
  const images = part.labels.length;
  return { part: part.name, images, loss, accuracy: correct / images, confusion, undecided };
}

/**
 * Losses agree within `lossBound`, accuracies and the confusion matrix exactly.
 * @param network null if nothing is to be compared
 */
export function compare(scores: readonly PartScore[], network: RunNetwork | null): Comparison {
  const parts = scores.map((found): PartComparison => {
    const recorded = network === null ? null : recordedOf(found.part, network);
    if (recorded === null) return { found, recorded, agrees: null };
    const agrees =
      Math.abs(found.loss - recorded.loss) <= lossBound * (1 + recorded.loss) &&
      found.accuracy === recorded.accuracy &&
      (recorded.confusion === null || JSON.stringify(found.confusion) === JSON.stringify(recorded.confusion));
    return { found, recorded, agrees };
  });
  const judged = parts.filter(({ agrees }) => agrees !== null);
  return { parts, agrees: judged.length === 0 ? null : judged.every(({ agrees }) => agrees) };
}

/** The figures that the run has of these very weights. */
function recordedOf(part: Part['name'], network: RunNetwork): PartComparison['recorded'] {
  const { record, checkpoint, variant, run, isMeasured } = network;
  if (part === 'test') {
    if (!isMeasured) return null;
    const { selected } = run.summary;
    const isSelected = selected.variant === variant && selected.seed === record.seed;
    return { ...record.test, confusion: isSelected ? selected.confusion : null };
  }
  const loss = record.history.valLoss?.[checkpoint.epoch - 1] ?? null;
  const accuracy = record.history.valAccuracy?.[checkpoint.epoch - 1] ?? null;
  return loss === null || accuracy === null ? null : { loss, accuracy, confusion: null };
}

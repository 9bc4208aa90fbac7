import { badFile } from '../base/bad-file.js';
import type { Images, Labels } from '../formats/labelled.js';
import { datasetSha256, putAside, type Dataset, type LabelledImages } from './dataset.js';

/** The ten classes of KMNIST in label order, in romaji (おきすつなはまやれを). */
export const romaji = ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'] as const;

/** One part of a data set as its two files hold it, with their names for messages. */
export interface PartFiles {
  readonly images: Images;
  readonly imagesFile: string;
  readonly labels: Labels;
  readonly labelsFile: string;
}

/**
 * Puts two parts together after checking that they fit each other. The files decide the image size; classes
 * are the largest label of either part, plus one, or as many as have names.
 *
 * @param names of the classes, in the order of their labels; numbers if undefined
 * @returns the set; its `notice` says how numbers were understood, and which labels no image has
 * @throws EngineError `bad-file`
 */
export function assembleDataset(
  name: string,
  train: PartFiles,
  test: PartFiles,
  names?: readonly string[],
): Dataset {
  const trainPart = checkPart(train);
  const testPart = checkPart(test);
  const { rows, columns } = train.images;
  if (test.images.rows !== rows || test.images.columns !== columns)
    throw badFile(test.imagesFile, 'test images have another size than training images', {
      found: `${test.images.rows} x ${test.images.columns}`,
      expected: `${rows} x ${columns}, as in ${train.imagesFile}`,
      remedy: 'use training and test files of one data set',
    });
  const [trained, tested] = [countLabels(train.labels.labels), countLabels(test.labels.labels)];
  const counts = trained.map((count, label) => count + tested[label]!);
  const classes = checkClasses(counts, names, train.labelsFile);
  const notice = [...understood(train, test, classes), ...labelGaps(trained, tested, classes, names)].join(
    '; ',
  );
  return {
    name,
    rows,
    columns,
    classes,
    classNames: names ?? Array.from({ length: classes }, (_, index) => String(index)),
    train: trainPart,
    test: testPart,
    sha256: datasetSha256(trainPart, testPart),
    ...(notice !== '' && { notice }),
  };
}

/**
 * Checks labels against a number of classes that is known beforehand.
 * @throws EngineError `bad-file` with the first label out of range
 */
export function checkLabels(labels: Uint8Array, classes: number, file: string): void {
  const wrong = labels.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw badFile(file, 'a label is out of range', {
      found: `label ${labels[wrong]!} at index ${wrong}`,
      expected: `labels from 0 to ${classes - 1}`,
    });
}

/** The test set where there is none: so much of the training set, drawn with a seed. */
export const testShare = 0.2;

/** How a notice says so. */
export function asideText(seed: number): string {
  return `a fifth of them, drawn with seed ${seed}, is the test set`;
}

/** Puts a test set aside where there is none. @throws EngineError `bad-file`; `usage` for too few images */
export function dividePart(whole: PartFiles, seed: number): readonly [train: PartFiles, test: PartFiles] {
  const of = ({ count, pixels, labels }: LabelledImages): PartFiles => ({
    ...whole,
    images: { ...whole.images, count, pixels },
    labels: { ...whole.labels, labels },
  });
  const [train, test] = putAside(checkPart(whole), testShare, seed);
  return [of(train), of(test)];
}

function checkPart(part: PartFiles): LabelledImages {
  const { count, columns, pixels } = part.images;
  const { labels } = part.labels;
  if (labels.length !== count)
    throw badFile(part.labelsFile, 'the number of labels is not the number of images', {
      found: `${labels.length} labels`,
      expected: `${count} labels, one per image of ${part.imagesFile}`,
      remedy:
        labels.length === columns
          ? 'if the last dimension counts the images, save numpy.moveaxis(images, -1, 0)'
          : 'use images and labels of one data set',
    });
  return { count, pixels, labels };
}

/** Images of each label. */
function countLabels(labels: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const label of labels) counts[label]! += 1;
  return counts;
}

/** Labels from here on are no neighbours of those below `fewClasses`, but most likely a mark. */
const farLabel = 100;
const fewClasses = 20;

/** The number of classes. @throws EngineError `bad-file` for one class alone, and a label that is a mark */
function checkClasses(counts: Uint32Array, names: readonly string[] | undefined, file: string): number {
  const labels = Array.from(counts.keys()).filter((label) => counts[label]! > 0);
  const largest = labels.at(-1)!;
  if (labels.length < 2)
    throw badFile(file, 'there is only one class', {
      found: `every label is ${largest}, in the test part too`,
      expected: 'labels of at least two classes',
      remedy: 'use a data set with at least two classes',
    });
  if (names !== undefined && names.length <= largest)
    throw badFile(file, 'there are more classes than names of them', {
      found: `label ${largest}`,
      expected: `labels from 0 to ${names.length - 1}, because ${names.length} classes are named`,
      remedy: 'name every class, or none',
    });
  if (names === undefined && largest >= farLabel && labels.at(-2)! < fewClasses)
    throw badFile(file, `is ${largest} a class? All other labels are below ${labels.at(-2)! + 1}`, {
      found: `${counts[largest]!} of the labels are ${largest}`,
      expected: 'classes numbered from 0',
      remedy:
        `if ${largest} marks images without a class, leave these images out; ` +
        'if it is a class, number the classes from 0: numpy.unique(labels, return_inverse=True)[1]',
    });
  return names?.length ?? largest + 1;
}

/** What was understood of numbers that are no bytes, once for what both parts share. */
function understood(train: PartFiles, test: PartFiles, classes: number): string[] {
  const images = [train, test].flatMap(({ images: { understood: each } }) => each ?? []);
  const labels = [train, test].flatMap(({ labels: { type } }) => type ?? []);
  return [
    ...[...new Set(images)].map((each) => `images: ${each}`),
    ...[...new Set(labels)].map((type) => `labels: ${type}, read as 0..${classes - 1}`),
  ];
}

/** Says which classes have no image at all, or none in one of the parts. */
function labelGaps(
  trained: Uint32Array,
  tested: Uint32Array,
  classes: number,
  names: readonly string[] | undefined,
): string[] {
  const labels = Array.from({ length: classes }, (_, label) => label);
  const told = (what: string, missing: readonly number[], effect: string): string[] =>
    missing.length === 0 ? [] : [`no ${what} has label ${listOf(missing, names)}: ${effect}`];
  const judged = 'that class is not judged';
  const isTrained = (label: number): boolean => trained[label]! > 0;
  const isTested = (label: number): boolean => tested[label]! > 0;
  return [
    ...told(
      'image',
      labels.filter((label) => !isTrained(label) && !isTested(label)),
      judged,
    ),
    ...told(
      'test image',
      labels.filter((label) => isTrained(label) && !isTested(label)),
      judged,
    ),
    ...told(
      'training image',
      labels.filter((label) => !isTrained(label) && isTested(label)),
      'it is not learned',
    ),
  ];
}

/** Labels with those that follow each other as ranges, or the names of classes that have some. */
function listOf(labels: readonly number[], names: readonly string[] | undefined): string {
  if (names !== undefined) return labels.map((label) => names[label]!).join(', ');
  const ranges = labels
    .filter((label) => !labels.includes(label - 1))
    .map((first) => {
      let last = first;
      while (labels.includes(last + 1)) last++;
      return first === last ? `${first}` : `${first} to ${last}`;
    });
  return ranges.join(', ');
}

import { badFile } from '../base/bad-file.js';
import { datasetSha256, type Dataset, type LabelledImages } from './dataset.js';
import type { ImageArray } from '../formats/idx.js';

/** The ten classes of KMNIST in label order, in romaji (おきすつなはまやれを). */
export const romaji = ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'] as const;

/** One part of a data set as its two files hold it, with their names for messages. */
export interface PartFiles {
  readonly images: ImageArray;
  readonly imagesFile: string;
  readonly labels: Uint8Array;
  readonly labelsFile: string;
}

/**
 * Puts two parts together after checking that they fit each other. The files decide the image size; classes
 * are the largest label of either part, plus one.
 *
 * @param kana whether ten classes of 28x28 are KMNIST's and get their romaji names; otherwise names are
 *   numbers
 * @throws EngineError `bad-file`
 */
export function assembleDataset(name: string, train: PartFiles, test: PartFiles, kana: boolean): Dataset {
  const trainPart = checkPart(train);
  const testPart = checkPart(test);
  const { rows, columns } = train.images;
  if (test.images.rows !== rows || test.images.columns !== columns)
    throw badFile(test.imagesFile, 'test images have another size than training images', {
      found: `${test.images.rows} x ${test.images.columns}`,
      expected: `${rows} x ${columns}, as in ${train.imagesFile}`,
      remedy: 'use training and test files of one data set',
    });
  const classes = 1 + Math.max(largest(train.labels), largest(test.labels));
  if (classes < 2)
    throw badFile(train.labelsFile, 'there is only one class', {
      found: 'every label is 0, in the test part too',
      expected: 'labels of at least two classes, counted from 0',
      remedy: 'use a data set with at least two classes',
    });
  return {
    name,
    rows,
    columns,
    classes,
    classNames: classNames(rows, columns, classes, kana),
    train: trainPart,
    test: testPart,
    sha256: datasetSha256(trainPart, testPart),
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

function checkPart(part: PartFiles): LabelledImages {
  const { count, pixels } = part.images;
  if (part.labels.length !== count)
    throw badFile(part.labelsFile, 'the number of labels is not the number of images', {
      found: `${part.labels.length} labels`,
      expected: `${count} labels, one per image of ${part.imagesFile}`,
      remedy: 'use images and labels of one data set',
    });
  return { count, pixels, labels: part.labels };
}

function classNames(rows: number, columns: number, classes: number, kana: boolean): readonly string[] {
  if (kana && rows === 28 && columns === 28 && classes === romaji.length) return romaji;
  return Array.from({ length: classes }, (_, index) => String(index));
}

function largest(labels: Uint8Array): number {
  return labels.reduce((most, label) => Math.max(most, label), 0);
}

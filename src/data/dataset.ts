import { EngineError } from '../base/errors.js';
import { measureInput, type InputFormat } from '../pictures/input-format.js';
import { platform } from '../platform/index.js';
import { splitIndices } from './split.js';

/** Bytes, of which the network sees byte / 255, or f32 features, which it sees as they are. */
export type Pixels = Uint8Array | Float32Array;

/** Images and labels of one part of a data set, in host memory. */
export interface LabelledImages {
  readonly count: number;
  /** `count` images of `rows * columns` numbers, row-major. Of bytes, 0 is the background. */
  readonly pixels: Pixels;
  /** One class number per image, each below the data set's `classes`. */
  readonly labels: Uint8Array;
}

/** A data set ready to train on. */
export interface Dataset {
  /** `kmnist`, `synthetic:12000/2000`, or the directory as the user named it. */
  readonly name: string;
  /** Image height and width in pixels. */
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
  /** One name per class: romaji for KMNIST and the synthetic set, otherwise `0`, `1`, ... */
  readonly classNames: readonly string[];
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** sha256 over pixels and labels of both parts: tells data sets apart in records. */
  readonly sha256: string;
  /** Why this set was chosen when the user left it open (`--data auto`); undefined when it was named. */
  readonly notice?: string;
}

/** The `sha256` field of a data set: training pixels, training labels, test pixels, test labels. */
export function datasetSha256(train: LabelledImages, test: LabelledImages): string {
  return platform.sha256(train.pixels, train.labels, test.pixels, test.labels);
}

/** The same images with rows and columns changed over. */
export function transposed(dataset: Dataset): Dataset {
  const { rows, columns } = dataset;
  const size = rows * columns;
  const turn = (part: LabelledImages): LabelledImages => ({
    ...part,
    pixels: part.pixels.map((_pixel, i, all) => {
      const [image, row, column] = [Math.floor(i / size), Math.floor((i % size) / rows), i % rows];
      return all[image * size + column * columns + row]!;
    }),
  });
  const [train, test] = [turn(dataset.train), turn(dataset.test)];
  return { ...dataset, rows: columns, columns: rows, train, test, sha256: datasetSha256(train, test) };
}

const measured = new WeakMap<Pixels, InputFormat>();

/** What the training images look like, measured once; null where they are no images but features. */
export function inputFormat({ rows, columns, train: { pixels } }: Dataset): InputFormat | null {
  if (!(pixels instanceof Uint8Array)) return null;
  const format = measured.get(pixels) ?? measureInput(pixels, { rows, columns });
  measured.set(pixels, format);
  return format;
}

/**
 * What records say of a data set. What its images look like is measured when it is first asked for, which is
 * after the first epochs: it takes some 0.1 s.
 */
export function recordedFacts(dataset: Dataset): {
  readonly name: string;
  readonly sha256: string;
  readonly classNames: readonly string[];
  readonly input: InputFormat | null;
} {
  const { name, sha256, classNames } = dataset;
  return {
    name,
    sha256,
    classNames,
    get input() {
      return inputFormat(dataset);
    },
  };
}

/** Copies images with their labels, in the order of the indices. */
export function pickImages(all: LabelledImages, indices: Uint32Array): LabelledImages {
  const size = all.pixels.length / all.count;
  const length = indices.length * size;
  const pixels = all.pixels instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  indices.forEach((index, i) => {
    pixels.set(all.pixels.subarray(index * size, (index + 1) * size), i * size);
  });
  return { count: indices.length, pixels, labels: Uint8Array.from(indices, (index) => all.labels[index]!) };
}

/**
 * Puts a share of images aside, drawn by the seed; both parts keep the order of the images.
 * @throws EngineError `usage` if one part would be empty
 */
export function putAside(
  all: LabelledImages,
  share: number,
  seed: number,
): [rest: LabelledImages, aside: LabelledImages] {
  const { train, validation } = splitIndices(all.count, share, seed);
  return [pickImages(all, train.sort()), pickImages(all, validation.sort())];
}

/** The pixels of a part whose images can be shown or written as pictures. @throws EngineError `usage` */
export function imageBytes({ pixels }: Pick<LabelledImages, 'pixels'>): Uint8Array {
  if (pixels instanceof Uint8Array) return pixels;
  throw new EngineError('usage', 'f32 features are not pictures', {
    found: 'a data set of f32 features',
    expected: 'a data set of images, a byte per pixel',
  });
}

import { Random } from '../../base/philox.js';
import type { Dataset, LabelledImages } from '../../data/dataset.js';

const TEST_STREAM = 95;

export interface TinyOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly classes?: number;
  readonly train?: number;
  readonly test?: number;
  /** true draws every label by chance: there is nothing to learn but by heart. */
  readonly randomLabels?: boolean;
  /** true makes f32 features of the pixels, from -1 to 1. */
  readonly features?: boolean;
}

/**
 * Small images in which every pixel is noise, and those of the image's class are brighter: linearly
 * separable, unless the labels are drawn by chance. Classes take turns, so that each part has all of them.
 */
export function tinyDataset(options: TinyOptions = {}): Dataset {
  const { rows = 5, columns = 3, classes = 3, train = 40, test = 12, randomLabels = false } = options;
  const { features = false } = options;
  const random = new Random(11, TEST_STREAM);
  const pixels = rows * columns;
  const part = (count: number): LabelledImages => {
    const data = new Uint8Array(count * pixels);
    const labels = new Uint8Array(count);
    for (let image = 0; image < count; image++) {
      const shown = image % classes;
      labels[image] = randomLabels ? random.below(classes) : shown;
      for (let pixel = 0; pixel < pixels; pixel++)
        data[image * pixels + pixel] = random.below(80) + (pixel % classes === shown ? 170 : 0);
    }
    return { count, pixels: features ? Float32Array.from(data, (each) => each / 127.5 - 1) : data, labels };
  };
  return {
    name: 'tiny',
    rows,
    columns,
    classes,
    classNames: Array.from({ length: classes }, (_, i) => String(i)),
    train: part(train),
    test: part(test),
    sha256: 'ab'.repeat(32),
  };
}

/** Images `indices` of a part, as a part of their own. */
export function pick(part: LabelledImages, indices: Iterable<number>): LabelledImages {
  const chosen = [...indices];
  const pixels = part.pixels.length / part.count;
  return {
    count: chosen.length,
    pixels: Uint8Array.from(
      chosen.flatMap((index) => [...part.pixels.subarray(index * pixels, (index + 1) * pixels)]),
    ),
    labels: Uint8Array.from(chosen, (index) => part.labels[index]!),
  };
}

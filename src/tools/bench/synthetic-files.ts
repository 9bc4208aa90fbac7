/** The built-in set as files, so that reading it takes what reading any set does. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelledImages } from '../../data/dataset.js';
import { idxNames } from '../../data/directory.js';
import { defaultSize, synthesize } from '../../data/synthetic/index.js';

/** Writes the four IDX files of the synthetic set into a folder. @param size images in each part; those of `--data synthetic` by default */
export function saveSyntheticSet(
  folder: string,
  size: { readonly train: number; readonly test: number } = defaultSize,
): void {
  const dataset = synthesize(size);
  const { rows, columns } = dataset;
  const save = ({ count, pixels, labels }: LabelledImages, names: (typeof idxNames)['train']): void => {
    writeFileSync(join(folder, names.images), idxFile([count, rows, columns], pixels));
    writeFileSync(join(folder, names.labels), idxFile([count], labels));
  };
  save(dataset.train, idxNames.train);
  save(dataset.test, idxNames.test);
}

/** The IDX format as src/data/idx.ts describes it. */
function idxFile(dimensions: readonly number[], elements: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * dimensions.length);
  const unsignedBytes = 8;
  header.set([0, 0, unsignedBytes, dimensions.length]);
  dimensions.forEach((dimension, index) => header.writeUInt32BE(dimension, 4 + 4 * index));
  return Buffer.concat([header, elements]);
}

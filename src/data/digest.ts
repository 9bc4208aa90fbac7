import { createHash } from 'node:crypto';
import type { LabelledImages } from './dataset.js';

/** Lower-case hexadecimal sha256 of the bytes of all parts, one after the other. */
export function sha256(...parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** The `sha256` field of a data set: training pixels, training labels, test pixels, test labels. */
export function datasetSha256(train: LabelledImages, test: LabelledImages): string {
  return sha256(train.pixels, train.labels, test.pixels, test.labels);
}

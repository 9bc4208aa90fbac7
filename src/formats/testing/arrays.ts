/** Reads files of one array as their meaning, for tests. */
import { parseIdx } from '../idx.js';
import { imagesOf, labelsOf, type Images } from '../labelled.js';
import { parseNpy } from '../npy.js';
import { unzipArrays } from '../npz.js';

export function parseIdxImages(bytes: Uint8Array, file: string): Images {
  return imagesOf(parseIdx(bytes, file), file);
}

export function parseIdxLabels(bytes: Uint8Array, file: string): Uint8Array {
  return labelsOf(parseIdx(bytes, file), file).labels;
}

function onlyArray(bytes: Uint8Array, file: string): Uint8Array {
  return [...unzipArrays(bytes, file).values()][0]!;
}

export function parseNpzImages(bytes: Uint8Array, file: string): Images {
  return imagesOf(parseNpy(onlyArray(bytes, file), file), file);
}

export function parseNpzLabels(bytes: Uint8Array, file: string): Uint8Array {
  return labelsOf(parseNpy(onlyArray(bytes, file), file), file).labels;
}

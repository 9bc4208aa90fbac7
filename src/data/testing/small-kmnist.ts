import { gzipSync } from 'node:zlib';
import { idx } from '../../formats/testing/bytes.js';

export const images = (count: number): Uint8Array =>
  idx(
    [count, 28, 28],
    Uint8Array.from({ length: count * 784 }, (_, index) => (index * index) >> 3),
  );
export const labels = (count: number): Uint8Array =>
  idx(
    [count],
    Uint8Array.from({ length: count }, (_, index) => index % 10),
  );
/** A set in the form of KMNIST with few images: files by name. */
export const smallKmnist: Readonly<Record<string, Uint8Array>> = {
  'train-images-idx3-ubyte.gz': gzipSync(images(40)),
  'train-labels-idx1-ubyte.gz': gzipSync(labels(40)),
  't10k-images-idx3-ubyte.gz': gzipSync(images(20)),
  't10k-labels-idx1-ubyte.gz': gzipSync(labels(20)),
};

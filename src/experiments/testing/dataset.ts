import type { Dataset } from '../../data/dataset.js';
import { romaji } from './results.js';

/** A hundred training and thirty test images of 2x2 pixels. */
export function fakeDataset(rest: Partial<Dataset> = {}): Dataset {
  const part = (count: number) => ({
    count,
    pixels: new Uint8Array(count * 4),
    labels: Uint8Array.from({ length: count }, (_, index) => index % 10),
  });
  return {
    name: 'fake',
    rows: 2,
    columns: 2,
    classes: 10,
    classNames: romaji,
    train: part(100),
    test: part(30),
    sha256: 'ef'.repeat(32),
    ...rest,
  };
}

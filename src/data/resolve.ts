import type { Dataset } from './dataset.js';
import type { DownloadProgress } from './download.js';
import { parseDataSpec } from './spec.js';

export { parseDataSpec } from './spec.js';
export type { DataSpec } from './spec.js';
export type { DownloadProgress } from './download.js';

export interface ResolveOptions {
  /**
   * The seed that the synthetic set is drawn with. Not the training seed: runs with several training seeds are
   * comparable only on the same data, so leave it out except to draw another set.
   */
  readonly syntheticSeed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** What a person should know while the set is looked for, such as a damaged file in the cache. */
  readonly onNotice?: (notice: string) => void;
}

/** Finds, downloads or draws the data set that `--data` asks for. */
export async function resolveDataset(spec: string, options: ResolveOptions = {}): Promise<Dataset> {
  parseDataSpec(spec);
  await Promise.resolve(options);
  throw new Error('in work');
}

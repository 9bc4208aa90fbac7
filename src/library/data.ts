import type { Dataset } from '../data/dataset.js';
import type { DownloadProgress } from '../data/download.js';
import { resolveDataset as resolve } from '../data/resolve.js';

/** How a data set is looked for. */
export interface ResolveOptions {
  /** Aborting stops a download; what has arrived is kept and continued the next time. */
  readonly signal?: AbortSignal;
  /** Called while a file is downloaded, at most ten times per second. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called with sentences for people, such as why a cached file was thrown away. */
  readonly onNotice?: (notice: string) => void;
  /** The seed that the synthetic set is drawn with; its own fixed one if left out. */
  readonly syntheticSeed?: number;
}

/**
 * Finds, downloads or draws a data set.
 * @param spec what `--data` takes: `auto`, `kmnist`, `synthetic[:TRAIN[/TEST]]`, or a directory in any form
 *   of docs/data.md
 * @throws EngineError `usage`, `no-data`, `bad-file` or `interrupted`
 */
export function resolveDataset(spec: string, options: ResolveOptions = {}): Promise<Dataset> {
  return resolve(spec, options);
}

/** What the commands of `data` work with. */
import { EngineError } from '../../base/errors.js';
import type { Environment } from '../../data/cache.js';
import type { Dataset } from '../../data/dataset.js';
import { readDirectory } from '../../data/directory.js';
import type { DownloadLimits } from '../../data/download.js';
import type { PictureOptions } from '../../data/picture-set.js';
import type { KmnistManifest } from '../../data/kmnist-manifest.js';

/** What tests put in the place of the environment, the official files and the patience of downloads. */
export interface DataWorld {
  readonly env: Environment;
  readonly manifest?: KmnistManifest;
  readonly limits?: Partial<DownloadLimits>;
}

/** `readDirectory` for a directory that no --data named. @throws EngineError as it does, in other words */
export async function readNamed(directory: string, options: PictureOptions = {}): Promise<Dataset> {
  try {
    return await readDirectory(directory, options);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'no-data') throw error;
    throw new EngineError('no-data', error.message.replace(/^--data /, ''), {
      ...(error.found !== undefined && { found: error.found }),
      ...(error.expected !== undefined && { expected: error.expected }),
      remedy: 'check the path, or add what is missing',
      cause: error,
    });
  }
}

import type { Dataset } from '../data/dataset.js';
import type { NamedFile } from '../data/listing.js';
import { resolveDataset as resolve } from '../data/resolve.js';
import { resolveFiles, resolveUrl, type ResolveOptions } from './resolve-files.js';

/**
 * Finds, downloads or draws a data set.
 * @param source
 *   - a text: `auto`, `kmnist`, `synthetic[:TRAIN[/TEST]]`; the URL of a folder with the four IDX files,
 *     packed with gzip or plain; or a directory in any form of docs/data.md. In a browser `auto` is the
 *     synthetic set, and there is no `kmnist` and no directory: any other text is a URL, which may be
 *     relative to that of the page or worker
 *   - files, such as those that a person chose or dropped: in the same forms as a directory. Pictures are
 *     decoded by the place that this runs in, so that their pixels may differ from place to place
 * @throws EngineError `usage`, `no-data`, `bad-file` or `interrupted`
 */
export function resolveDataset(
  source: string | readonly NamedFile[],
  options: ResolveOptions = {},
): Promise<Dataset> {
  if (typeof source !== 'string') return resolveFiles(source, options);
  if (/^https?:\/\//.test(source)) return resolveUrl(new URL(source), options);
  return resolve(source, { ...options.pictures, ...options });
}

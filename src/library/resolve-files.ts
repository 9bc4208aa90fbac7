import type { Dataset } from '../data/dataset.js';
import type { DownloadProgress } from '../data/download.js';
import { fetchIdxFiles } from '../data/fetch-files.js';
import { listFiles, type NamedFile } from '../data/listing.js';
import type { PictureOptions } from '../data/picture-set.js';
import { readListing } from '../data/read-listing.js';

/** How a data set is looked for. */
export interface ResolveOptions {
  /** Aborting stops a download, or the reading of pictures; what a download has kept is continued later. */
  readonly signal?: AbortSignal;
  /** Called while a file is downloaded, at most ten times per second. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called now and then with the number of pictures that were read. */
  readonly onPictures?: (done: number, total: number) => void;
  /** Called with sentences for people, such as why a cached file was thrown away. */
  readonly onNotice?: (notice: string) => void;
  /** The seed that the synthetic set is drawn with; its own fixed one if left out. */
  readonly syntheticSeed?: number;
  /** How pictures become images: as the options of the same names of `data import`. */
  readonly pictures?: Pick<PictureOptions, 'size' | 'polarity' | 'grey'>;
}

/** Reads the data set that files are, in any form of docs/data.md. @throws EngineError as `resolveDataset` */
export function resolveFiles(
  files: readonly NamedFile[],
  { pictures, signal, onPictures }: ResolveOptions,
  named?: string,
): Promise<Dataset> {
  return readListing(listFiles(files, named), { ...pictures, signal, onPictures });
}

/** Reads the data set in a folder on a server. @throws EngineError as `resolveDataset` */
export async function resolveUrl(url: URL, options: ResolveOptions): Promise<Dataset> {
  const folder = new URL(url.href.replace(/[?#].*$/, '').replace(/\/?$/, '/'));
  return resolveFiles(await fetchIdxFiles(folder, options), options, folder.href);
}

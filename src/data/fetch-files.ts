/** The files of a data set on a server, in a browser or in Node. */
import { reasonOf } from '../base/bad-file.js';
import { concatBytes } from '../base/bytes.js';
import { EngineError } from '../base/errors.js';
import { checkSize } from '../base/schema.js';
import { maxArrayBytes } from '../formats/array.js';
import type { DownloadProgress } from './download.js';
import { idxNames } from './file-names.js';
import type { NamedFile } from './listing.js';

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called while a file arrives, at most ten times per second. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

const largest = maxArrayBytes + 65_536;

/**
 * Fetches the four IDX files below a URL, each packed with gzip or plain, into memory.
 * @param folder ends with a slash
 * @throws EngineError `no-data`, with the URL and the status of a file that is not there; `bad-file` for one
 *   that is too large; `interrupted`
 */
export async function fetchIdxFiles(folder: URL, options: FetchOptions): Promise<readonly NamedFile[]> {
  const files: NamedFile[] = [];
  for (const { images, labels } of [idxNames.train, idxNames.test])
    for (const name of [images, labels]) files.push(await fetchEither(folder, name, options));
  return files;
}

/** Most hosts have the packed file, as MNIST and its relatives are published. */
async function fetchEither(folder: URL, name: string, options: FetchOptions): Promise<NamedFile> {
  const refusals: string[] = [];
  for (const each of [`${name}.gz`, name]) {
    const url = new URL(each, folder);
    const bytes = await fetchFile(url, options);
    if (typeof bytes !== 'string')
      return { name: each, size: bytes.length, arrayBuffer: () => Promise.resolve(bytes.buffer) };
    refusals.push(`${bytes} for ${url.href}`);
  }
  throw new EngineError('no-data', `${folder.href}: there is no ${name} in it`, {
    found: refusals.join(', '),
    expected: 'the four IDX files of a data set, each with .gz or without',
    remedy: 'give the URL of the folder that they lie in, or the files themselves',
  });
}

/** @returns the content, or why there is none at this place */
async function fetchFile(url: URL, options: FetchOptions): Promise<Uint8Array<ArrayBuffer> | string> {
  const { signal } = options;
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    const type = response.headers.get('content-type') ?? '';
    if (!response.ok || type.startsWith('text/html')) {
      await response.body?.cancel();
      return response.ok ? `a page (${type})` : `HTTP ${response.status}`;
    }
    return await readBody(response, url, options);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    if (signal?.aborted === true)
      throw new EngineError('interrupted', 'the download was interrupted', { cause });
    // Node says `fetch failed`, and why in the cause.
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new EngineError('no-data', `${url.href} cannot be fetched`, {
      found: reasonOf(reason),
      expected:
        'a server that can be reached and, if it is not the one of the page, allows pages to read it (CORS)',
      remedy: 'put the files on the server of the page, or download them and give the files themselves',
      cause,
    });
  }
}

async function readBody(
  response: Response,
  url: URL,
  { onProgress }: FetchOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const about = { file: url.href, largest, remedy: 'use a part of it' };
  const total = Number(response.headers.get('content-length') ?? 0);
  checkSize(total, about);
  const chunks: Uint8Array[] = [];
  let [received, reported] = [0, -Infinity];
  // Not by `for await`, which not every browser has.
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader();
  for (;;) {
    const { value: chunk } = (await reader?.read()) ?? {};
    if (chunk === undefined) break;
    chunks.push(chunk);
    received += chunk.length;
    if (received > largest) await reader?.cancel();
    checkSize(received, about);
    if (performance.now() - reported < 100) continue;
    reported = performance.now();
    onProgress?.({ file: url.href.slice(url.href.lastIndexOf('/') + 1), received, total, host: url.host });
  }
  return Uint8Array.from(concatBytes(chunks));
}

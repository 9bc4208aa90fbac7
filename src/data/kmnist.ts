import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../base/errors.js';
import { assembleDataset, checkLabels, romaji, type PartFiles } from './assemble.js';
import { byteCount } from '../base/bad-file.js';
import type { Environment } from './cache.js';
import type { Dataset } from './dataset.js';
import { idxNames } from './file-names.js';
import { kmnistPlace, readOfficial } from './kmnist-files.js';
import { readManifest, type KmnistManifest } from './kmnist-manifest.js';
import { downloadFile, type DownloadLimits, type DownloadProgress, type RemoteFile } from './download.js';
import { parseIdx } from '../formats/idx.js';
import { imagesOf, labelsOf } from '../formats/labelled.js';

export interface KmnistOptions {
  /** Reads KMNIST_DIR, KMNIST_MIRROR and what `cacheDirectory` reads. */
  readonly env?: Environment | undefined;
  /** Another manifest than the official one, for tests. */
  readonly manifest?: KmnistManifest | undefined;
  readonly limits?: Partial<DownloadLimits> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** KMNIST, and where it came from in words: `KMNIST_DIR`, `the cache` or `a download`. */
export interface KmnistResult {
  readonly dataset: Dataset;
  readonly source: string;
}

/**
 * Loads the official KMNIST. Each file is verified by size and sha256 before it is used, wherever it comes
 * from.
 *
 * With KMNIST_DIR set, its four `.gz` files are used or refused. Otherwise files come from the cache; what is
 * missing or damaged there is downloaded, from KMNIST_MIRROR (URLs, separated by commas) in place of the
 * known mirrors.
 * @throws EngineError `no-data` naming file, reason and remedies; `usage` for a KMNIST_MIRROR that is no URL;
 *   `interrupted`
 */
export async function loadKmnist(options: KmnistOptions = {}): Promise<KmnistResult> {
  const env = options.env ?? process.env;
  const { mirrors: known, files } = options.manifest ?? readManifest();
  const mirrors = mirrorList(env.KMNIST_MIRROR, known);
  const { directory, from } = kmnistPlace(env);
  const isNamed = from === 'KMNIST_DIR';

  const contents = new Map<string, Uint8Array>();
  let source = isNamed ? from : 'the cache';
  // Small files first: whether there is a way to a mirror is then known before the large one starts.
  for (const file of files.toSorted((a, b) => a.bytes - b.bytes)) {
    let content = isNamed ? await fromDirectory(directory, file) : await fromCache(directory, file, options);
    if (content === null) {
      source = 'a download';
      content = await fromMirrors(directory, mirrors, file, options);
    }
    contents.set(file.name, content);
  }
  return { dataset: parse(contents), source };
}

function parse(contents: ReadonlyMap<string, Uint8Array>): Dataset {
  const part = (names: { readonly images: string; readonly labels: string }): PartFiles => {
    const [imagesFile, labelsFile] = [`${names.images}.gz`, `${names.labels}.gz`];
    const [images, labels] = [contents.get(imagesFile), contents.get(labelsFile)];
    if (images === undefined || labels === undefined)
      throw new EngineError('bug', `the manifest of KMNIST lacks ${imagesFile} or ${labelsFile}`);
    const classNumbers = labelsOf(parseIdx(labels, labelsFile), labelsFile);
    checkLabels(classNumbers.labels, romaji.length, labelsFile);
    const characters = imagesOf(parseIdx(images, imagesFile), imagesFile);
    return { images: characters, imagesFile, labels: classNumbers, labelsFile };
  };
  return assembleDataset('kmnist', part(idxNames.train), part(idxNames.test), romaji);
}

async function fromDirectory(directory: string, file: RemoteFile): Promise<Uint8Array> {
  const path = join(directory, file.name);
  const found = await readOfficial(path, file);
  if (found?.fault === '') return found.content;
  throw new EngineError('no-data', `KMNIST is not in KMNIST_DIR: ${path}`, {
    found: found?.fault ?? 'there is no such file',
    expected: `the official file: ${byteCount(file.bytes)} with sha256 ${file.sha256}`,
    remedy:
      'put the official .gz file there, unset KMNIST_DIR to download it, ' +
      'use --data DIR for another set of the same form, or --data synthetic, which needs no files',
  });
}

/** The content of a cached file if it is sound; a damaged one is reported and removed. */
async function fromCache(
  cache: string,
  file: RemoteFile,
  { onNotice }: KmnistOptions,
): Promise<Uint8Array | null> {
  const path = join(cache, file.name);
  const found = await readOfficial(path, file);
  if (found === null || found.fault === '') return found?.content ?? null;
  onNotice?.(`${path} is damaged (${found.fault}): it is removed and downloaded again`);
  await rm(path, { force: true });
  return null;
}

async function fromMirrors(
  cache: string,
  mirrors: readonly string[],
  file: RemoteFile,
  options: KmnistOptions,
): Promise<Uint8Array> {
  const { limits = {}, signal, onProgress } = options;
  try {
    const env = options.env ?? process.env;
    return await downloadFile(file, { directory: cache, mirrors, env, limits, signal, onProgress });
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'no-data') throw error;
    throw new EngineError('no-data', `KMNIST is not available: ${error.message}`, {
      ...(error.found === undefined ? {} : { found: error.found }),
      ...(error.expected === undefined ? {} : { expected: error.expected }),
      remedy:
        `${error.remedy ?? ''}; or set KMNIST_DIR to a directory with the four official .gz files, ` +
        'or KMNIST_MIRROR to a URL that holds them, or use --data synthetic, which needs no download',
      cause: error,
    });
  }
}

function mirrorList(value: string | undefined, known: readonly string[]): readonly string[] {
  if (value === undefined || value.trim() === '') return known;
  return value.split(',').map((part) => {
    const mirror = part.trim();
    if (!URL.canParse(mirror) || !/^https?:$/.test(new URL(mirror).protocol))
      throw new EngineError('usage', 'KMNIST_MIRROR is not a list of URLs', {
        found: JSON.stringify(mirror),
        expected: 'http or https URLs of directories with the four files, separated by commas',
        remedy: 'correct it, or unset it to use the known mirrors',
      });
    return mirror;
  });
}

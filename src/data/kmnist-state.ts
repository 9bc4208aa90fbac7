/** Where KMNIST is read from, and what is there. Downloads nothing, and changes nothing. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { byteCount } from '../base/bad-file.js';
import { cacheDirectory, type Environment } from './cache.js';
import { platform } from '../platform/index.js';
import type { RemoteFile } from './download.js';
import type { KmnistManifest } from './kmnist.js';

export interface KmnistPlace {
  readonly directory: string;
  /** What decided that: the name of an environment variable, or the default. */
  readonly from: 'KMNIST_DIR' | 'WGSL_TRAIN_CACHE' | 'XDG_CACHE_HOME' | 'the default';
}

/** The directory that `--data kmnist` reads: KMNIST_DIR, or `kmnist` in the cache. */
export function kmnistPlace(env: Environment): KmnistPlace {
  const { KMNIST_DIR: named } = env;
  if (named !== undefined && named !== '') return { directory: resolve(named), from: 'KMNIST_DIR' };
  return kmnistCache(env);
}

/** `kmnist` in the cache, where downloads go whatever KMNIST_DIR says. */
export function kmnistCache(env: Environment): KmnistPlace {
  const directory = cacheDirectory(env);
  const without = (...names: readonly string[]): string =>
    cacheDirectory({ ...env, ...Object.fromEntries(names.map((name) => [name, undefined])) });
  const isOwn = (env.WGSL_TRAIN_CACHE ?? '') !== '';
  const isXdg = directory !== without('XDG_CACHE_HOME');
  const from = isOwn ? 'WGSL_TRAIN_CACHE' : isXdg ? 'XDG_CACHE_HOME' : 'the default';
  return { directory: join(directory, 'kmnist'), from };
}

export interface FileState {
  readonly name: string;
  readonly path: string;
  readonly state: 'complete' | 'missing' | 'damaged';
  /** Of the file; null where it is missing. */
  readonly bytes: number | null;
  readonly sha256: string | null;
  /** What is wrong with it, in words; `''` where there is nothing more to say. */
  readonly fault: string;
  /** Bytes that a broken-off download left. */
  readonly partial: number;
}

/** The official files in a directory, judged by size and sha256. */
export async function kmnistFiles(directory: string, manifest: KmnistManifest): Promise<FileState[]> {
  const entries = await entriesOf(directory);
  return Promise.all(manifest.files.map((file) => examine(directory, file, entries)));
}

async function examine(
  directory: string,
  file: RemoteFile,
  entries: ReadonlySet<string>,
): Promise<FileState> {
  const path = join(directory, file.name);
  const partial = await partialBytes(directory, file.name, entries);
  const base = { name: file.name, path, partial, bytes: null, sha256: null };
  if (!entries.has(file.name))
    return {
      ...base,
      state: 'missing',
      fault: partial > 0 ? `${byteCount(partial)} of ${byteCount(file.bytes)} so far` : '',
    };
  try {
    const content = await readFile(path);
    const actual = platform.sha256(content);
    const fault =
      content.length !== file.bytes
        ? `${byteCount(content.length)}, not ${byteCount(file.bytes)}`
        : actual === file.sha256
          ? ''
          : `another sha256 (${actual.slice(0, 16)}...)`;
    const state = fault === '' ? 'complete' : 'damaged';
    return { ...base, state, bytes: content.length, sha256: actual, fault };
  } catch (error) {
    return { ...base, state: 'damaged', fault: error instanceof Error ? error.message : String(error) };
  }
}

async function partialBytes(directory: string, name: string, entries: ReadonlySet<string>): Promise<number> {
  let most = 0;
  for (const entry of entries) {
    if (!entry.startsWith(`${name}.`) || !entry.endsWith('.part')) continue;
    const found = await stat(join(directory, entry)).catch(() => undefined);
    most = Math.max(most, found?.size ?? 0);
  }
  return most;
}

async function entriesOf(directory: string): Promise<ReadonlySet<string>> {
  return new Set(await readdir(directory).catch(() => []));
}

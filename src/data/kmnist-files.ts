/**
 * The official files of KMNIST: what they are, where they are kept, and what is there. Downloads nothing, and
 * changes nothing.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { byteCount } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { platform } from '../platform/index.js';
import { cacheDirectory, type Environment } from './cache.js';
import type { RemoteFile } from './download.js';
import type { KmnistManifest } from './kmnist-manifest.js';

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

/** `kmnist` in the cache, where downloads go, KMNIST_DIR or not. */
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
export async function kmnistFiles(directory: string, { files }: KmnistManifest): Promise<FileState[]> {
  const entries = await readdir(directory).catch(() => []);
  return Promise.all(
    files.map(async (file) => {
      const partial = await partialBytes(directory, file.name, entries);
      return { ...(await examine(directory, file, partial)), name: file.name, partial };
    }),
  );
}

async function examine(
  directory: string,
  file: RemoteFile,
  partial: number,
): Promise<Omit<FileState, 'name' | 'partial'>> {
  const path = join(directory, file.name);
  try {
    const found = await readOfficial(path, file);
    if (found !== null) {
      const { content, sha256, fault } = found;
      return { path, state: fault === '' ? 'complete' : 'damaged', bytes: content.length, sha256, fault };
    }
    const fault = partial > 0 ? `${byteCount(partial)} of ${byteCount(file.bytes)} so far` : '';
    return { path, state: 'missing', bytes: null, sha256: null, fault };
  } catch (error) {
    const fault = error instanceof EngineError ? error.found! : String(error);
    return { path, state: 'damaged', bytes: null, sha256: null, fault };
  }
}

/**
 * Reads a file that should be an official one.
 * @returns null if it is not there; `fault` says why it is another one, `''` if it is not
 * @throws EngineError `no-data` if it cannot be read
 */
export async function readOfficial(
  path: string,
  { bytes, sha256 }: RemoteFile,
): Promise<{ readonly content: Uint8Array; readonly sha256: string; readonly fault: string } | null> {
  let content: Uint8Array;
  try {
    content = await readFile(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new EngineError('no-data', `KMNIST is not available: ${path} cannot be read`, {
      found: cause instanceof Error ? cause.message : String(cause),
      expected: 'a readable file',
      remedy: 'check its permissions, set WGSL_TRAIN_CACHE or KMNIST_DIR, or use --data synthetic',
      cause,
    });
  }
  const actual = platform.sha256(content);
  const isOther = actual === sha256 ? '' : `another sha256 (${actual.slice(0, 16)}...)`;
  const hasSize = content.length === bytes;
  const fault = hasSize ? isOther : `${byteCount(content.length)}, not ${byteCount(bytes)}`;
  return { content, sha256: actual, fault };
}

async function partialBytes(directory: string, name: string, entries: readonly string[]): Promise<number> {
  const parts = entries.filter((entry) => entry.startsWith(`${name}.`) && entry.endsWith('.part'));
  const found = await Promise.all(parts.map((part) => stat(join(directory, part)).catch(() => null)));
  return Math.max(0, ...found.map((each) => each?.size ?? 0));
}

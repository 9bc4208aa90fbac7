import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { unreadable } from '../base/bad-file.js';
import { EngineError } from '../base/errors.js';
import { readBounded } from '../platform/json-file.js';
import type { Dataset } from './dataset.js';
import { formatOf } from './file-names.js';
import { isFileOfFolder, isFolderOfFile, isIgnored, maxDepth, someOf, type Listing } from './listing.js';
import type { PictureOptions } from './picture-set.js';
import { readListing } from './read-listing.js';

/** A directory, as a listing has it. */
type DirectoryListing = Listing & { readonly directory: string };

/**
 * Reads the data set in a directory, as `readListing` does.
 * @param path the directory; one file, for an .npz that holds all; or a directory and the start of the names
 *   of the files in it. It is also the name of the data set.
 * @throws EngineError `no-data` when the directory or one of its files is missing, `bad-file` when one is not
 *   sound
 */
export async function readDirectory(path: string, options: PictureOptions = {}): Promise<Dataset> {
  return readListing(await list(path), options);
}

/**
 * Lists a directory; or one file as if it were alone in its directory; or, where `path` is neither, the files
 * beside it whose names start with its last part.
 * @throws EngineError `no-data` if there is nothing
 */
export async function list(path: string): Promise<DirectoryListing> {
  try {
    return await listDirectory(path, path, () => true);
  } catch (cause) {
    const [directory, start] = [dirname(path), basename(path)];
    const isStart = codeOf(cause) === 'ENOENT';
    if (isStart || (codeOf(cause) === 'ENOTDIR' && formatOf(start) === 'npz')) {
      const chosen = (name: string): boolean =>
        isStart
          ? /^[-_.]?$/.test(name.slice(start.length, start.length + 1)) && name.startsWith(start)
          : name === start;
      const listing = await listDirectory(path, directory, chosen).catch(() => null);
      if (listing !== null && listing.files.length > 0) return listing;
    }
    throw notThere(path, cause);
  }
}

async function listDirectory(
  named: string,
  directory: string,
  chosen: (name: string) => boolean,
): Promise<DirectoryListing> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter(({ name }) => chosen(name));
  const files: string[] = [];
  const folders: string[] = [];
  for (const entry of entries) {
    const isFolder =
      entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(join(directory, entry.name))));
    if (!isFolder) files.push(entry.name);
    else {
      folders.push(entry.name);
      files.push(...(await filesOfOwnFolder(directory, entry.name)));
    }
  }
  return {
    named,
    title: `--data ${named}`,
    directory,
    files: files.sort(),
    folders: folders.sort(),
    names: someOf(entries.map(({ name }) => name).sort(), 'an empty directory'),
    pathOf: (file) => join(directory, file),
    // In a promise, so that what it throws is a rejection.
    read: async (file, bound) => Promise.resolve(readBounded({ file: join(directory, file), ...bound })),
    filesBelow: (folder) => walk(join(directory, folder)),
  };
}

/** Files below a directory, as paths relative to it, in the order of their names. */
async function walk(directory: string, depth = 0): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadable(directory, cause);
  });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (isIgnored(entry.name)) continue;
    const path = join(directory, entry.name);
    const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await isDirectory(path)));
    if (!isFolder) files.push(entry.name);
    else if (depth < maxDepth)
      files.push(...(await walk(path, depth + 1)).map((file) => `${entry.name}/${file}`));
  }
  return files;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

async function filesOfOwnFolder(directory: string, folder: string): Promise<readonly string[]> {
  if (!isFolderOfFile(folder)) return [];
  const inside = await readdir(join(directory, folder), { withFileTypes: true }).catch(() => []);
  return inside
    .filter((each) => !each.isDirectory() && isFileOfFolder(folder, each.name))
    .map(({ name }) => `${folder}/${name}`);
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}

function notThere(directory: string, cause: unknown): EngineError {
  const code = codeOf(cause);
  return new EngineError('no-data', `--data ${directory}: this directory cannot be read`, {
    found:
      code === 'ENOENT'
        ? `nothing at ${resolve(directory)}`
        : code === 'ENOTDIR'
          ? 'a file, not a directory'
          : String(cause),
    expected: 'auto, kmnist, synthetic[:TRAIN[/TEST]], or an existing directory with the files of a data set',
    remedy: 'check the path, or use --data synthetic, which needs no files',
    cause,
  });
}

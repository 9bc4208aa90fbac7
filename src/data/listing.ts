import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError } from '../base/errors.js';
import { formatOf, roleOf } from './file-names.js';

/** What lies where `--data` points to. */
export interface Listing {
  /** What the user named. */
  readonly named: string;
  readonly directory: string;
  /** Files relative to it, sorted; those in a folder of their own name, too. */
  readonly files: readonly string[];
  /** Folders in it, sorted. */
  readonly folders: readonly string[];
  /** What is there, for messages. */
  readonly names: string;
}

/**
 * Lists a directory; or one file as if it were alone in its directory; or, where `path` is neither, the files
 * beside it whose names start with its last part.
 * @throws EngineError `no-data` if there is nothing
 */
export async function list(path: string): Promise<Listing> {
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
): Promise<Listing> {
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
  files.sort();
  const all = entries.map(({ name }) => name).sort();
  const more = all.length > 12 ? `, ... (${all.length} entries)` : '';
  const names = all.length === 0 ? 'an empty directory' : all.slice(0, 12).join(', ') + more;
  return { named, directory, files, folders: folders.sort(), names };
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

/** Kaggle unpacks each file into a folder of its name: a file there that says the same is meant. */
async function filesOfOwnFolder(directory: string, folder: string): Promise<readonly string[]> {
  const { part, kind } = roleOf(folder);
  if (part === undefined || kind === undefined || formatOf(folder) === undefined) return [];
  const inside = await readdir(join(directory, folder), { withFileTypes: true }).catch(() => []);
  return inside
    .filter((each) => {
      const role = roleOf(each.name);
      return !each.isDirectory() && role.part === part && role.kind === kind;
    })
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

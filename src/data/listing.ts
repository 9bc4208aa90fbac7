/** The files that a data set is looked for in: those of a directory, or those that a program was given. */
import { unreadable } from '../base/bad-file.js';
import { checkSize } from '../base/schema.js';
import { formatOf, roleOf } from './file-names.js';

/** How much of a file is read. */
export interface ReadBound {
  /** In bytes; what is larger is refused before it is read. */
  readonly largest: number;
  /** What to do about one that is larger. */
  readonly remedy: string;
}

export interface Listing {
  /** The name of the data set. */
  readonly named: string;
  /** What messages call all of it: `--data DIR`, or its name. */
  readonly title: string;
  /** The directory; undefined where there is none. */
  readonly directory?: string;
  /** Files, sorted; those in a folder of their own name, too. */
  readonly files: readonly string[];
  /** Folders, sorted. */
  readonly folders: readonly string[];
  /** What is there, for messages. */
  readonly names: string;
  /** What messages call a file of it. */
  readonly pathOf: (file: string) => string;
  /** @throws EngineError `no-data` if it cannot be read, `bad-file` if it is too large */
  readonly read: (file: string, bound: ReadBound) => Promise<Uint8Array>;
  /**
   * Files below a folder (`''`: below all) and at most four folders deeper, by their paths from there, in the
   * order of their names. What systems and archives leave behind is passed over.
   */
  readonly filesBelow: (folder: string) => Promise<readonly string[]>;
}

/** What to do where files are missing. */
export function withoutFiles({ directory }: Listing): string {
  return directory === undefined
    ? 'add the missing files, or use synthetic, which needs none'
    : 'add the missing files, name another directory, or use --data synthetic, which needs no files';
}

/** What systems and archives leave behind, and no person names a class. */
export const isIgnored = (name: string): boolean =>
  /^(\.|__MACOSX$|@eaDir$|\$RECYCLE|thumbs\.db$|ehthumbs\.db$|desktop\.ini$)/i.test(name);

/** Folders in folders of a class; deeper ones are not looked into. */
export const maxDepth = 4;

/** Some names, for messages. */
export function someOf(names: readonly string[], none: string): string {
  const more = names.length > 12 ? `, ... (${names.length} entries)` : '';
  return names.length === 0 ? none : names.slice(0, 12).join(', ') + more;
}

/** Kaggle unpacks each file into a folder of its name: a file there that says the same is meant. */
export function isFolderOfFile(folder: string): boolean {
  const { part, kind } = roleOf(folder);
  return part !== undefined && kind !== undefined && formatOf(folder) !== undefined;
}

/** As `isFolderOfFile`, of a file in such a folder. */
export function isFileOfFolder(folder: string, file: string): boolean {
  const [role, other] = [roleOf(folder), roleOf(file)];
  return role.part === other.part && role.kind === other.kind;
}

/** A file with its name: a browser's `File`, or any object of this form. */
export interface NamedFile {
  readonly name: string;
  /** Where a folder was chosen: the path from there, the folder's name first; `''` otherwise. */
  readonly webkitRelativePath?: string;
  /** In bytes. */
  readonly size: number;
  readonly arrayBuffer: () => Promise<ArrayBuffer>;
}

/**
 * Lists files as if they lay in a directory. A folder that all of them lie in is that directory.
 * @param named the name of the data set; that folder's, or `files`, if left out
 */
export function listFiles(given: readonly NamedFile[], named?: string): Listing {
  const paths = given.map(({ name, webkitRelativePath = '' }) =>
    (webkitRelativePath || name).split(/[/\\]/).filter((part) => part !== '' && part !== '.'),
  );
  const root = paths[0]?.[0];
  const isRooted = paths.length > 0 && paths.every((path) => path.length > 1 && path[0] === root);
  const places = paths.map((path) => (isRooted ? path.slice(1) : path)).toSorted(byNames);
  const files = new Map(given.map((file, i) => [paths[i]!.slice(isRooted ? 1 : 0).join('/'), file]));
  const folders = new Set(places.flatMap(([first, ...rest]) => (rest.length > 0 ? [first!] : [])));
  const ofFolders = places.filter(
    ([folder, file, ...deeper]) =>
      file !== undefined && deeper.length === 0 && isFolderOfFile(folder!) && isFileOfFolder(folder!, file),
  );
  const own = places.filter((path) => path.length === 1);
  const name = named ?? (isRooted ? root! : 'files');
  return {
    named: name,
    title: name,
    files: [...own, ...ofFolders].map((path) => path.join('/')).sort(),
    folders: [...folders].sort(),
    names: someOf([...new Set(places.map(([first]) => first!))].sort(), 'no files'),
    pathOf: (file) => file,
    read: (file, bound) => readFile(file, files.get(file)!, bound),
    filesBelow: (folder) => {
      const below =
        folder === '' ? places : places.flatMap(([first, ...rest]) => (first === folder ? [rest] : []));
      const chosen = below.filter((path) => path.length <= maxDepth + 1 && !path.some(isIgnored));
      return Promise.resolve(chosen.map((path) => path.join('/')));
    },
  };
}

/** The order in which a directory is walked through. */
function byNames(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((part, i) => part !== b[i]);
  const [one, other] = [a[differs] ?? '', b[differs] ?? ''];
  return one < other ? -1 : one > other ? 1 : a.length - b.length;
}

async function readFile(name: string, file: NamedFile, bound: ReadBound): Promise<Uint8Array> {
  try {
    checkSize(file.size, { file: name, ...bound });
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

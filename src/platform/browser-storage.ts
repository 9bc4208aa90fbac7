/** Storage in the origin's private file system (OPFS), in pages and in dedicated workers. */
import { EngineError } from '../base/errors.js';
import type { FileStorage } from './file-storage.js';

/** What this module asks of a browser, so that it compiles beside Node's types. */
interface Browser {
  readonly navigator: {
    readonly storage?: { readonly getDirectory?: () => Promise<Folder> };
    readonly locks?: {
      readonly request: (
        name: string,
        options: { readonly signal: AbortSignal },
        whileHeld: () => Promise<void>,
      ) => Promise<void>;
    };
  };
}

interface Folder {
  readonly getDirectoryHandle: (name: string, options?: { readonly create: boolean }) => Promise<Folder>;
  readonly getFileHandle: (name: string, options?: { readonly create: boolean }) => Promise<File>;
}

interface File {
  readonly getFile: () => Promise<{ readonly arrayBuffer: () => Promise<ArrayBuffer> }>;
  readonly createWritable: () => Promise<{
    readonly write: (bytes: Uint8Array) => Promise<void>;
    readonly close: () => Promise<void>;
    readonly abort: () => Promise<void>;
  }>;
}

const { navigator } = globalThis as unknown as Browser;

/** Folders that this page or worker has the right to write, until it ends. */
const claims = new Map<string, Promise<boolean>>();

/**
 * A write goes to a copy, which takes the file's place when it is closed: who ends in the middle leaves the
 * former content.
 * @param path names of folders with `/` between them
 * @throws EngineError `not-written` where the page is given no files; `usage` if the path is none, or another
 *   page or worker writes there
 */
export async function originStorage(path: string): Promise<FileStorage> {
  const names = path.split('/').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => /^\.\.?$|\\/.test(name)))
    throw new EngineError('usage', `a folder for files cannot be called ${JSON.stringify(path)}`, {
      expected: "names with / between them, such as 'trainings/first'",
    });
  const folder = names.join('/');
  const root = await openRoot(path);
  if (!(await claim(folder)))
    throw new EngineError('usage', `another tab or worker keeps files in ${folder}`, {
      expected: 'one at a time',
      remedy: 'close the other tab, or name another folder',
    });
  return {
    read: async (name) => {
      try {
        const file = await (await folderOf(root, `${folder}/${name}`, false)).getFileHandle(baseOf(name));
        return new Uint8Array(await (await file.getFile()).arrayBuffer());
      } catch (cause) {
        if (cause instanceof Error && cause.name === 'NotFoundError') return null;
        throw cause;
      }
    },
    write: async (name, bytes) => {
      const parent = await folderOf(root, `${folder}/${name}`, true);
      const file = await parent.getFileHandle(baseOf(name), { create: true });
      const writable = await file.createWritable();
      try {
        await writable.write(bytes);
      } catch (cause) {
        await writable.abort().catch(() => undefined);
        throw cause;
      }
      await writable.close();
    },
  };
}

async function openRoot(path: string): Promise<Folder> {
  try {
    const root = await navigator.storage?.getDirectory?.();
    if (root !== undefined) return root;
  } catch (cause) {
    throw noFiles(path, cause);
  }
  throw noFiles(path, new Error('no navigator.storage.getDirectory'));
}

function noFiles(path: string, cause: unknown): EngineError {
  return new EngineError(
    'not-written',
    `${path} cannot be opened: the browser keeps no files for this page`,
    {
      found: cause instanceof Error ? cause.message : String(cause),
      expected: 'an origin private file system (OPFS)',
      remedy:
        'open the page over https or from http://localhost, and not in a private window; ' +
        'or give a storage of your own in place of a name',
      cause,
    },
  );
}

/** A worker ends a moment after its page was loaded again. */
const waitForOthersMs = 2000;

/** Claims a folder for this page or worker. @returns false: another one has it */
function claim(folder: string): Promise<boolean> {
  const { locks } = navigator;
  // Without locks nobody can say who else is at work.
  if (locks === undefined) return Promise.resolve(true);
  const known = claims.get(folder);
  if (known !== undefined) return known;
  const claimed = new Promise<boolean>((resolve) => {
    const signal = AbortSignal.timeout(waitForOthersMs);
    locks
      .request(`wgsl-train ${folder}`, { signal }, () => {
        resolve(true);
        // Held until the page or worker ends.
        return new Promise(() => undefined);
      })
      .catch(() => {
        claims.delete(folder);
        resolve(false);
      });
  });
  claims.set(folder, claimed);
  return claimed;
}

async function folderOf(root: Folder, path: string, create: boolean): Promise<Folder> {
  let folder = root;
  for (const name of path.split('/').slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create });
  return folder;
}

function baseOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Storage in a directory of the file system. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from '../base/bad-file.js';
import { systemCode } from '../base/not-written.js';
import type { FileStorage } from './file-storage.js';
import { makeDirectory, makeFolder, replaceFile } from './replace-file.js';

const next = 'train again: it resumes from what was saved';

/** @throws EngineError `not-written` if the directory is not there and cannot be made */
export function directoryStorage(directory: string): FileStorage {
  makeDirectory(directory, next);
  return {
    read: async (name) => {
      const path = join(directory, name);
      try {
        return await readFile(path);
      } catch (cause) {
        if (systemCode(cause) === 'ENOENT') return null;
        throw unreadable(path, cause);
      }
    },
    write: (name, bytes) => {
      makeFolder(directory, name.split('/').slice(0, -1), next);
      replaceFile(join(directory, name), bytes, next);
      return Promise.resolve();
    },
  };
}

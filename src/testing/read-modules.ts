import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Module } from './architecture.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The files in a folder of the repository, and in the folders below it, whose names match.
 * @param deep false: in the folder alone
 */
export function readModules(folder: string, names: RegExp, deep = true): readonly Module[] {
  return readdirSync(join(repository, folder), { recursive: deep, encoding: 'utf8' })
    .filter((name) => names.test(name))
    .map((name) => ({
      path: `${folder}/${name.replaceAll('\\', '/')}`.replace(/^\.\//, ''),
      text: readFileSync(join(repository, folder, name), 'utf8'),
    }));
}

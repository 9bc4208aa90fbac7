import { badFile } from '../base/bad-file.js';
import { classNamesFile } from './file-names.js';
import type { Listing } from './listing.js';

const remedy = 'correct or remove the file: without it, classes are called 0, 1, 2 and so on';

/** The names in `classes.txt`, one a line; undefined if there is no such file. */
export async function readClassNames(listing: Listing): Promise<readonly string[] | undefined> {
  if (!listing.files.includes(classNamesFile)) return undefined;
  const file = listing.pathOf(classNamesFile);
  const content = await listing.read(classNamesFile, { largest: 2 ** 18, remedy });
  const names = new TextDecoder()
    .decode(content)
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  const trimmed = names.map((name) => name.trim());
  const wrong = trimmed.findIndex((name, index) => !isClassName(name) || trimmed.indexOf(name) !== index);
  if (wrong >= 0 || trimmed.length > 256)
    throw badFile(file, 'it does not name classes', {
      found:
        wrong < 0
          ? `${trimmed.length} lines`
          : `line ${wrong + 1}: ${JSON.stringify(trimmed[wrong]!.slice(0, 80))}`,
      expected: 'at most 256 lines, a different name of 1 to 100 characters on each',
      remedy,
    });
  return trimmed;
}

/** Whether this can be a class's name: it is shown, and it becomes part of files. */
export function isClassName(name: string): boolean {
  return name.length > 0 && name.length <= 100 && !/\p{C}/u.test(name);
}
